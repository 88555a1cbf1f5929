import { describe, expect, it } from "vitest";

import { status } from "../messages/status.tr";
import { stage } from "./request";

describe("how far along a request is", () => {
  it("never goes back as a request goes on", () => {
    const stages = ["new", "assigned", "accepted", "in_progress", "resolved", "told", "closed"].map(stage);
    expect(stages).toEqual([0, 1, 1, 2, 3, 3, 3]);
    expect(["waiting_citizen", "waiting_outside", "refused", "not_ours"].map(stage)).toEqual([2, 2, 3, 3]);
  });

  it("has a name for each", () => {
    expect(status.stages.length).toBe(4);
  });
});
