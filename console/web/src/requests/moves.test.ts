import { describe, expect, it } from "vitest";

import { nameOf } from "./form";
import { actionsOf, movesOf } from "./moves";
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

describe("what can be done to a request", () => {
  const alone = { parent: null, children: [], outcome: null, told_how: null, score: null };

  function all(...asked: Parameters<typeof actionsOf>): string[] {
    return actionsOf(...asked).map(nameOf);
  }

  it("is its moves, and what is no move", () => {
    const rest = ["extension", "amend", "note", "file", "join"];
    expect(all(alone, "assigned", "unit", TABLE)).toEqual(["accept", "hand_on", "later_rule", ...rest]);
    expect(all(alone, "assigned", "agent", TABLE)).toEqual(["amend", "note", "join"]);
    expect(all(alone, "closed", "unit", TABLE)).toEqual(["note"]);
    expect(all(alone, "assigned", "analyst", TABLE)).toEqual([]);
  });

  it("is of a duplicate to close it or to part it", () => {
    const joined = { ...alone, parent: "26-000001-9" };
    expect(all(joined, "assigned", "inbox", TABLE)).toEqual([
      "withdraw",
      "extension",
      "amend",
      "note",
      "file",
      "leave",
    ]);
  });

  it("is for an agent to answer it only where no photo of the work is asked for", () => {
    const table: Move[] = [
      { name: "answer", before: "new", after: "resolved", who: ["agent", "lead"], needs: ["words", "photo"] },
    ];
    const answers = (role: "agent" | "lead", photo: boolean): boolean =>
      actionsOf(alone, "new", role, table, photo).some((one) => typeof one !== "string" && one.name === "answer");
    expect([answers("agent", false), answers("agent", true), answers("lead", true)]).toEqual([true, false, true]);
  });

  it("is to have the outcome told again that nobody has heard, and no other one", () => {
    const table = (["resolved", "refused", "not_ours"] as const).map((after): Move => {
      return { name: "tell_anew", before: "told", after, who: ["system"], needs: [] };
    });
    const offered = (how: "attempts" | "page" | "call", score: number | null): unknown[] =>
      actionsOf({ ...alone, outcome: "refused", told_how: how, score }, "told", "admin", table).filter(
        (one) => nameOf(one) === "tell_anew",
      );
    expect([offered("attempts", null), offered("page", null)]).toEqual([[table[1]], [table[1]]]);
    expect([offered("call", null), offered("page", 4)]).toEqual([[], []]);
  });

  it("is not to put it right before the town's topics are there", () => {
    expect(all(alone, "assigned", "unit", null)).toEqual(["extension", "note", "file", "join"]);
  });
});
