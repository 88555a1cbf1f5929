import { describe, expect, it } from "vitest";

import { countedWait, isLate } from "./target";
import type { Caller } from "./view";

const NOW = Date.parse("2026-11-26T20:00:00Z");

/** A caller whose wait is over the target in `left` seconds, and who came to the queue at another time. */
function caller(left: number | null): Caller {
  const target_at = left === null ? null : new Date(NOW + left * 1000).toISOString();
  return { class: "urgent", queued_at: new Date(NOW - 1000).toISOString(), target_at } as Caller;
}

describe("the target of a caller", () => {
  it("is missed when the backend says so", () => {
    expect([0.1, 0, -0.1, null].map((left) => isLate(caller(left), NOW))).toEqual([false, false, true, false]);
  });

  it("has a clock of its own, which may have begun in the menu", () => {
    expect([4, -1, 9, null].map((left) => countedWait(caller(left), 6, NOW))).toEqual([2000, 7000, 0, 0]);
  });
});
