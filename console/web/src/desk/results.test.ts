import { describe, expect, it } from "vitest";

import { desk } from "../messages/desk.tr";
import { KEEPS, keyOf, resultsOf } from "./results";

describe("the results of a call", () => {
  it("have a key each, and none is missing", () => {
    const results = resultsOf({ written: false });
    expect([...results].sort()).toEqual(Object.keys(desk.dispositions).sort());
    expect(keyOf("1", results)).toBe("answered");
    expect(keyOf("7", results)).toBe("test");
    expect(keyOf("8", results)).toBeNull();
    expect(keyOf("0", results)).toBeNull();
    expect(keyOf("Enter", results)).toBeNull();
  });

  it("have the form that stays, where something is written in it", () => {
    expect(keyOf("8", resultsOf({ written: true }))).toBe(KEEPS);
  });
});
