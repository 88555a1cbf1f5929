import { describe, expect, it } from "vitest";

import { isSlow, slowOf, type DayWaits } from "./slow";

function waits(usual: number | null, ...agents: [extension: string, calls: number, p50: number][]): DayWaits {
  return {
    pick_up: usual === null ? null : { p50_s: usual, p90_s: usual },
    pick_ups: agents.map(([extension, calls, p50_s]) => ({ extension, calls, p50_s, p90_s: p50_s })),
  } as unknown as DayWaits;
}

describe("an agent who picks up slowly", () => {
  it("takes half as long again as all, a second at least, in five calls or more", () => {
    const why = waits(4, ["1001", 5, 6], ["1002", 5, 5.9], ["1003", 4, 9], ["1004", 20, 9]);
    expect(slowOf(why).map((one) => one.extension)).toEqual(["1004", "1001"]);
    expect(isSlow("1001", waits(0.4, ["1001", 9, 0.9]))).toBe(false);
    expect(isSlow("1001", waits(0.4, ["1001", 9, 1]))).toBe(true);
  });

  it("is nobody where nothing is known", () => {
    expect(isSlow("1001", null)).toBe(false);
    expect(isSlow("1001", waits(null, ["1001", 9, 9]))).toBe(false);
    expect(isSlow("1009", waits(1, ["1001", 9, 9]))).toBe(false);
  });
});
