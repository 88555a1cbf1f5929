import { describe, expect, it } from "vitest";

import { isNoPoint, pointIn } from "./point-text";

const HERE = { lat: 41.028, lon: 28.674 };

describe("a point that is written", () => {
  it.each([
    "41.028, 28.674",
    "41.028,28.674",
    " 41.028 28.674 ",
    "41.028; 28.674",
    "41,028 28,674",
    "41,028; 28,674",
    "41,028, 28,674",
    "geo:41.028,28.674",
    "GEO:41.028,28.674?q=41.028,28.674(Işık%20Sokak)",
    "geo:41.028,28.674;u=35",
  ])("is read from %s", (text) => {
    expect(pointIn(text)).toEqual(HERE);
    expect(isNoPoint(text)).toBe(false);
  });

  it("may be whole degrees and south or west", () => {
    expect(pointIn("-41, -28.5")).toEqual({ lat: -41, lon: -28.5 });
  });

  it.each(["41.028", "yan sokak", "91, 28", "41, 181", "41.028, 28.674, 3", "geo:", "41,028,28,674"])(
    "is not %s",
    (text) => {
      expect(pointIn(text)).toBe(null);
      expect(isNoPoint(text)).toBe(true);
    },
  );

  it("is none where nothing is written, which is no fault", () => {
    expect([pointIn(" "), isNoPoint(" ")]).toEqual([null, false]);
  });
});
