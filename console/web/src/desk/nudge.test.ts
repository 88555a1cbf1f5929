import { describe, expect, it } from "vitest";

import { lacksResult } from "./nudge";

const ME = { state: "wrapup", call: "a" } as const;
const forms =
  (...calls: string[]) =>
  (call: string) =>
    calls.includes(call);

describe("a call that is over", () => {
  it("asks for its result while its form is neither saved nor closed", () => {
    expect(lacksResult(ME, forms("a"), { id: "a", ticket: null })).toBe(true);
    expect(lacksResult(ME, forms("a"), null)).toBe(true);
  });

  it("asks for nothing once it has one, or the line has opened its request", () => {
    expect(lacksResult(ME, forms("b"), null)).toBe(false);
    expect(lacksResult(ME, forms("a"), { id: "a", ticket: "26-000001-9" })).toBe(false);
    expect(lacksResult(ME, forms("a"), { id: "b", ticket: "26-000001-9" })).toBe(true);
  });

  it("asks for nothing in the talk, nor when after-call work is over", () => {
    expect(lacksResult({ ...ME, state: "talking" }, forms("a"), null)).toBe(false);
    expect(lacksResult({ state: "ready", call: null }, forms("a"), null)).toBe(false);
    expect(lacksResult(null, forms("a"), null)).toBe(false);
  });
});
