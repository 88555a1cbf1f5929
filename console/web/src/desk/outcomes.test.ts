import { describe, expect, it } from "vitest";

import { canBeSaid, isOurs, isSettled, isUnheard, Once, saysSettled } from "./outcomes";

describe("A call that we made about what we have already", () => {
  it("is about an outcome or a task", () => {
    expect(["ast1-outcome.26-000001-9.1.1", "ast1-task.26-000001-9.17.1"].map(isOurs)).toEqual([true, true]);
    expect(["ast1-1764400000.17", null, undefined].map(isOurs)).toEqual([false, false, false]);
  });
});

describe("An outcome is settled", () => {
  it("once it is told and has a score, or its request is closed", () => {
    const all = [
      { state: "resolved", score: null },
      { state: "told", score: null },
      { state: "told", score: 2 },
      { state: "closed", score: null },
      { state: "assigned", score: null },
    ] as const;
    expect(all.map(isSettled)).toEqual([false, false, true, true, false]);
  });

  it("where a report on our own call is refused as done already, and on theirs as not waiting any more", () => {
    const done = { status: 409, code: "already_done", key: "result" };
    const stale = { status: 409, code: "stale", key: "number" };
    const none = { status: 404, code: "", key: "call" };
    const score = { status: 409, code: "stale", key: "score" };
    const ours = [done, stale, none, score].map((one) => saysSettled(one, "ast1-outcome.26-000001-9.1.1"));
    const theirs = [done, stale, none, score].map((one) => saysSettled(one, "ast1-1764400000.17"));
    expect([ours, theirs]).toEqual([
      [true, false, false, false],
      [false, true, true, false],
    ]);
  });
});

describe("The key of a report", () => {
  const told = { result: "told", score: 5, remark: "", number: "26-000001-9" };

  it("is the same when the same report is sent again, since the answer may be lost", () => {
    const once = new Once();
    const first = once.keyOf("/calls/a/outcome", told);
    expect(once.keyOf("/calls/a/outcome", { ...told })).toBe(first);
  });

  it("is another one for another call, request or score", () => {
    const once = new Once();
    const keys = [
      once.keyOf("/calls/a/outcome", told),
      once.keyOf("/calls/b/outcome", told),
      once.keyOf("/calls/b/outcome", { ...told, number: "26-000002-7" }),
      once.keyOf("/calls/b/outcome", { ...told, number: "26-000002-7", score: 1 }),
    ];
    expect(new Set(keys).size).toBe(4);
  });
});

describe("a citizen who has called by themselves", () => {
  const called = "ast1-7.1";
  const rung = "ast1-outcome.26-000001-9.1.1.0";

  it("was neither away nor another person", () => {
    expect((["told", "declined", "no_calls"] as const).every((one) => canBeSaid(one, called))).toBe(true);
    expect((["not_there", "voicemail", "wrong_number"] as const).some((one) => canBeSaid(one, called))).toBe(false);
    expect((["not_there", "voicemail", "told"] as const).every((one) => canBeSaid(one, rung))).toBe(true);
  });

  it("has not heard what counts as told", () => {
    expect(isUnheard({ call: called, state: "told" })).toBe(true);
    expect(isUnheard({ call: called, state: "resolved" })).toBe(false);
    expect(isUnheard({ call: rung, state: "told" })).toBe(false);
  });
});
