import { describe, expect, it } from "vitest";

import { fitted } from "./shrink";

describe("a photo", () => {
  it("keeps its shape, and is never made larger", () => {
    expect(fitted(4000, 3000)).toEqual([1600, 1200]);
    expect(fitted(3000, 4000)).toEqual([1200, 1600]);
    expect(fitted(640, 480)).toEqual([640, 480]);
    expect(fitted(20_000, 1)).toEqual([1600, 1]);
  });
});
