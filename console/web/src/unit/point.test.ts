import { describe, expect, it } from "vitest";

import { drawn } from "../requests/outline";
import { geoOf, lookAt, pointOf, written } from "./point";

function square(id: string, west: number, south: number): { id: string; polygons: [number, number][][][] } {
  const [east, north] = [west + 0.01, south + 0.01];
  const corners: [number, number][] = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
  ];
  return { id, polygons: [[[...corners, [west, south]]]] };
}

const DRAWING = drawn({ schematic: false, outlines: [square("sw", 28.6, 41), square("ne", 28.64, 41.04)] });

describe("the point of a request", () => {
  it("is there where both its numbers are, zero too", () => {
    expect(pointOf({ lat: 0, lon: 0 })).toEqual({ lat: 0, lon: 0 });
    expect(pointOf({ lat: 41, lon: null })).toBeNull();
    expect(pointOf({})).toBeNull();
  });

  it("is written with dots, whatever the language, and never by a power of ten", () => {
    expect(geoOf({ lat: 41.028, lon: 28.6741234567 })).toBe("geo:41.02800,28.67412?q=41.02800,28.67412");
    expect(written({ lat: 0.0000001, lon: -28.5 })).toBe("0.00000, -28.50000");
  });
});

describe("the map of a point", () => {
  it("shows the mahalle and something around it", () => {
    const found = DRAWING && lookAt(DRAWING, { lat: 41.005, lon: 28.605 }, "sw");
    expect(found?.box.width).toBeLessThan(500);
    expect(found?.x).toBeCloseTo((found?.box.x ?? 0) + (found?.box.width ?? 0) / 2, 0);
    expect(found?.y).toBeCloseTo((found?.box.y ?? 0) + (found?.box.height ?? 0) / 2, 0);
  });

  it("shows the town where the mahalle is another one, or is not known", () => {
    for (const district of ["sw", ""]) {
      const found = DRAWING && lookAt(DRAWING, { lat: 41.045, lon: 28.645 }, district);
      expect(found?.box).toEqual({ x: 0, y: 0, width: DRAWING?.width, height: DRAWING?.height });
    }
  });

  it("is none for a point beyond the town", () => {
    expect(DRAWING && lookAt(DRAWING, { lat: 39.9, lon: 32.8 }, "sw")).toBeNull();
  });
});
