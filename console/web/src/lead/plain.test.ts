import { describe, expect, it } from "vitest";

import type { Schemas } from "../api/api";
import type { Caller } from "../live/view";
import { beyond, usual, waitedFor } from "./plain";

const NOW = Date.parse("2026-11-26T20:00:00Z");

/** A caller whose wait is over the target since `late` seconds. */
function caller(late: number, more: Partial<Caller> = {}): Caller {
  return { class: "urgent", target_at: new Date(NOW - late * 1000).toISOString(), ...more } as Caller;
}

describe("figures as a lead reads them", () => {
  it("say what is usual in people", () => {
    expect([0, 0.2, 1, 1.4, 3.5].map((mean) => usual(mean))).toEqual([
      [0, 1],
      [0, 1],
      [1, 2],
      [1, 2],
      [3, 4],
    ]);
  });

  it("name no cause for which nothing was waited", () => {
    const causes = [5, 0.05, 0.04, 0].map((waited_s) => ({ waited_s })) as Schemas["WaitCause"][];
    expect(waitedFor(causes).map((one) => one.waited_s)).toEqual([5, 0.05]);
  });

  it("count the urgent callers who wait beyond the target now", () => {
    const queue = [caller(1), caller(0), caller(60, { class: "routine" }), caller(60, { callback: "abandoned" })];
    expect(beyond(queue, NOW)).toBe(1);
  });
});
