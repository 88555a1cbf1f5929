import { expect, test } from "vitest";

import { allOpen, matches } from "./filters";
import type { Ticket } from "./types";

const TICKET = {
  number: "26-000001-1",
  state: "accepted",
  unit: "fen_isleri",
  topic: "yol_cukuru",
  district: "zafer",
  overdue: true,
  text: "Okulun önünde",
  address: "İstasyon Caddesi",
  name: "Ayşe",
} as unknown as Ticket;

function listed(filters: Partial<ReturnType<typeof allOpen>>): boolean {
  return matches(TICKET, { ...allOpen(), ...filters }, ["Yolda çukur", "Zafer"], "tr");
}

test("without a network the filters are those of the list", () => {
  expect([listed({}), listed({ state: "accepted" }), listed({ state: "all" }), listed({ overdue: true })]).toEqual(
    Array(4).fill(true),
  );
  expect([listed({ state: "closed" }), listed({ topic: "park" }), listed({ district: "esenkent" })]).toEqual(
    Array(3).fill(false),
  );
  expect(matches({ ...TICKET, state: "closed" } as Ticket, allOpen(), [], "tr")).toBe(false);
});

test("a search without a network finds each word, in Turkish letters", () => {
  const words = ["istasyon", "İSTASYON ÇUKUR", "zafer ayşe", "26-000001", " "];
  expect(words.map((q) => listed({ q }))).toEqual(words.map(() => true));
  expect([listed({ q: "ıstasyon" }), listed({ q: "okul park" })]).toEqual([false, false]);
});
