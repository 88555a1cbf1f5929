import { describe, expect, it } from "vitest";

import { movesOf } from "./moves";
import type { Move } from "./types";

const TABLE: Move[] = [
  { name: "hand_on", before: "assigned", after: "assigned", who: ["unit", "lead", "inbox"], needs: ["unit", "reason"] },
  { name: "accept", before: "assigned", after: "accepted", who: ["unit", "lead", "system"], needs: [] },
  { name: "withdraw", before: "assigned", after: "closed", who: ["lead", "inbox"], needs: ["reason"] },
  { name: "later_rule", before: "assigned", after: "new", who: ["unit"], needs: [] },
  { name: "begin", before: "accepted", after: "in_progress", who: ["unit", "lead"], needs: [] },
];

function names(...asked: Parameters<typeof movesOf>): string[] {
  return movesOf(...asked).map((one) => one.name);
}

describe("the moves of a request", () => {
  it("are those of its state and of the role, the usual one first, one without a place last", () => {
    expect(names(TABLE, "assigned", "unit")).toEqual(["accept", "hand_on", "later_rule"]);
    expect(names(TABLE, "assigned", "inbox")).toEqual(["hand_on", "withdraw"]);
    expect(names(TABLE, "accepted", "unit")).toEqual(["begin"]);
    expect(names(TABLE, "closed", "unit")).toEqual([]);
  });

  it("are all for the administrator, and none for an analyst", () => {
    expect(names(TABLE, "assigned", "admin")).toEqual(["accept", "hand_on", "withdraw", "later_rule"]);
    expect(names(TABLE, "assigned", "analyst")).toEqual([]);
  });
});
