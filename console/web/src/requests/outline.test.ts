import { describe, expect, it } from "vitest";

import { drawn, neighbour, shade, type Area } from "./outline";

function square(id: string, west: number, south: number): { id: string; polygons: [number, number][][][] } {
  const [east, north] = [west + 0.01, south + 0.01];
  return {
    id,
    polygons: [
      [
        [
          [west, south],
          [east, south],
          [east, north],
          [west, north],
          [west, south],
        ],
      ],
    ],
  };
}

describe("a map", () => {
  it("has north up, east right, and words in the middle of each area", () => {
    const found = drawn({ schematic: true, outlines: [square("sw", 28.6, 41), square("ne", 28.61, 41.01)] });
    const [sw, ne] = found?.areas ?? [];
    expect(found?.width).toBe(1000);
    expect(sw?.x).toBeCloseTo(254, 0);
    expect((ne?.x ?? 0) > (sw?.x ?? 0) && (ne?.y ?? 0) < (sw?.y ?? 0)).toBe(true);
    expect(sw?.d).toMatch(/^M8 [\d.]+L500 [\d.]+L500 [\d.]+L8 [\d.]+L8 [\d.]+Z$/);
    // at 41° a degree of longitude is three quarters of one of latitude
    expect((found?.height ?? 0) / 1000).toBeCloseTo(1 / Math.cos((41 * Math.PI) / 180), 1);
  });

  it("of a town without outlines is none", () => {
    expect(drawn({ schematic: false, outlines: [] })).toBeNull();
  });

  it("is walked by the arrow keys, straight ahead first", () => {
    const at = (id: string, x: number, y: number): Area => ({ id, d: "", x, y, box: { x, y, width: 0, height: 0 } });
    const areas = [at("a", 0, 0), at("b", 100, 10), at("c", 60, 100), at("d", 300, 0)];
    const [a, b] = areas as [Area, Area];
    expect(neighbour(areas, a, "ArrowRight")?.id).toBe("b");
    expect(neighbour(areas, b, "ArrowRight")?.id).toBe("d");
    expect(neighbour(areas, a, "ArrowDown")?.id).toBe("c");
    expect(neighbour(areas, a, "ArrowLeft")).toBeNull();
  });

  it("shows any count darker than none, and the highest darkest", () => {
    expect([shade(0, 9), shade(1, 1000), shade(9, 9), shade(1, 1), shade(0, 0)]).toEqual([0, 1, 4, 4, 0]);
  });
});
