import { describe, expect, it } from "vitest";

import { daysOf, empty, isSame, newTicket, wrongDay } from "./paper";

const ZONE = "Europe/Istanbul";
/** A quarter past midnight there, and the day before in UTC. */
const NOW = Date.parse("2026-11-28T21:15:00Z");

describe("a request that came in writing", () => {
  it("came on the town's day, and today unless another day is given", () => {
    const paper = empty(NOW, ZONE);
    expect(paper.received).toBe("2026-11-29");
    expect(newTicket(paper, "request", NOW, ZONE)).toMatchObject({
      kind: "petition",
      channel: "paper",
      received_at: null,
    });
  });

  it("counts from the beginning of the day on which it came", () => {
    const paper = { ...empty(NOW, ZONE), received: "2026-11-20", topic: "yol", text: "Kaldırım" };
    expect(newTicket(paper, "request", NOW, ZONE)).toEqual({
      kind: "petition", service: "request", channel: "paper", received_at: "2026-11-19T21:00:00.000Z", topic: "yol",
      district: null, address: "", name: "", caller: "", text: "Kaldırım",
    }); // prettier-ignore
  });

  it("has the point that is written", () => {
    const paper = { ...empty(NOW, ZONE), point: "geo:41.028,28.674" };
    const made = newTicket(paper, "request", NOW, ZONE);
    expect(made).toMatchObject({ lat: 41.028, lon: 28.674 });
    expect("point" in made).toBe(false);
  });

  it("is the same with spaces around its words, and another one by each of its fields", () => {
    const paper = empty(NOW, ZONE);
    expect(isSame(paper, { ...paper, text: " \n", name: " " })).toBe(true);
    const names = Object.keys(paper);
    expect(names.filter((name) => isSame(paper, { ...paper, [name]: "x" }))).toEqual([]);
  });

  it("came on a day of the last year, and not in the future", () => {
    const of = (received: string) => wrongDay({ received }, NOW, ZONE);
    expect(daysOf(NOW, ZONE)).toEqual({ first: "2025-11-30", last: "2026-11-29" });
    expect(["", "2026-11-30", "2026-11-29", "2025-11-30", "2025-11-29"].map(of)).toEqual([
      "noDay",
      "future",
      "",
      "",
      "tooOld",
    ]);
  });
});
