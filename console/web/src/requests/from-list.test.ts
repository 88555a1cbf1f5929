import { expect, test } from "vitest";

import { fromList } from "./from-list";
import type { Topic } from "./town.svelte";
import type { Ticket, Whole } from "./types";

const TOPIC = {
  place: "needed",
  questions: [
    { id: "derinlik", required: true },
    { id: "yer", required: true },
    { id: "renk", required: false },
  ],
} as unknown as Topic;

const TICKET = { number: "26-000001-1", version: 3, fields: { yer: "kaldırım", derinlik: "" }, district: null };

test("a request of the list has what is asked, and still has to be, and no past", () => {
  const found = fromList(TICKET as unknown as Ticket, TOPIC);
  expect(found).toMatchObject({ number: "26-000001-1", version: 3, missing: ["derinlik", "district"], history: [] });
  expect(fromList(TICKET as unknown as Ticket, null).missing).toEqual([]);
});

test("what was read of it before stays, and what the list says is newer", () => {
  const read = {
    number: "26-000001-1",
    version: 1,
    state: "assigned",
    history: [{ what: "open" }],
  } as unknown as Whole;
  const found = fromList({ ...TICKET, state: "accepted" } as unknown as Ticket, TOPIC, read);
  expect([found.version, found.state, found.history.length]).toEqual([3, "accepted", 1]);
});
