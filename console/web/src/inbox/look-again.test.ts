import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { lookAgain } from "./look-again";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Looks of which each takes so long. */
function looks(takes: number): { begun: () => number; answered: () => number; look: () => Promise<void> } {
  let begun = 0;
  let answered = 0;
  return {
    begun: () => begun,
    answered: () => answered,
    look: async () => {
      begun += 1;
      await new Promise((done) => setTimeout(done, takes));
      answered += 1;
    },
  };
}

describe("looking again", () => {
  it("begins no look before the answer of the one before", async () => {
    const { look, begun, answered } = looks(2_500);
    const end = lookAgain(look, 1_000, 60);
    await vi.advanceTimersByTimeAsync(2_400);
    expect([begun(), answered()]).toEqual([1, 0]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([begun(), answered()]).toEqual([1, 1]);
    await vi.advanceTimersByTimeAsync(200);
    expect([begun(), answered()]).toEqual([2, 1]);
    end();
  });

  it("ends when it is told to, and also between question and answer", async () => {
    const { look, begun } = looks(100);
    lookAgain(look, 1_000, 60)();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(begun()).toBe(1);
  });

  it("ends by itself", async () => {
    const { look, begun } = looks(100);
    lookAgain(look, 1_000, 3);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(begun()).toBe(3);
  });
});
