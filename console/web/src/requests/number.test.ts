import { describe, expect, it } from "vitest";

import { numberOf } from "./number";

describe("a request's number", () => {
  it("is found however it is typed", () => {
    for (const typed of ["26-000123-3", "260001233", " 26 000123 3 ", "26.000123.3", "26–000123–3"])
      expect(numberOf(typed)).toBe("26-000123-3");
    expect(numberOf("2612345671")).toBe("26-1234567-1");
  });

  it("is nothing else", () => {
    for (const typed of ["", "26-000123", "05321112233x", "26-000123-3a", "26-0001234567-3"])
      expect(numberOf(typed)).toBe("");
  });
});
