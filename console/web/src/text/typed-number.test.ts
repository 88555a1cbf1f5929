import { expect, test } from "vitest";

import { typedNumber } from "./typed-number";

test("decimals are typed with a comma or a point", () => {
  expect(["6", " 6 ", "0,5", "0.5", "0.125", "12,25", "-1", "1000", "1000.5"].map(typedNumber)).toEqual([
    6, 6, 0.5, 0.5, 0.125, 12.25, -1, 1000, 1000.5,
  ]);
});

test("what is no number, or might be a thousand times another, is none", () => {
  for (const typed of [
    "",
    " ",
    "1.000",
    "1,000",
    "60.000",
    "1.000.000",
    "1.000,5",
    "1,000.5",
    "1 000",
    "altı",
    "1,2,3",
  ]) {
    expect(typedNumber(typed)).toBeNull();
  }
});
