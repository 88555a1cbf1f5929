import { describe, expect, it } from "vitest";

import { paceOf } from "./pace";

describe("the mean wait", () => {
  it("is rated by itself while nobody waits longer", () => {
    expect([null, 6, 9, 9.1].map((mean) => paceOf(mean, 0, 6))).toEqual(["good", "good", "low", "bad"]);
  });

  it("is not good while callers wait beyond the target", () => {
    expect([6, 7, 57].map((longest) => paceOf(0.3, longest, 6))).toEqual(["good", "low", "bad"]);
  });
});
