// The town's outlines on a drawing of fixed width, and the way from one mahalle to the next by the arrow keys. Pure.
import type { Schemas } from "../api/api";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Area {
  id: string;
  /** Of a path. */
  d: string;
  /** Where its words stand. */
  x: number;
  y: number;
  /** What it fills. */
  box: Box;
}

export interface Drawing {
  width: number;
  height: number;
  areas: Area[];
  /** Where a point of the world is on it, which may be beside it. */
  place: (lon: number, lat: number) => { x: number; y: number };
}

const WIDTH = 1000;
const EDGE = 8;

/** North is up; a degree of longitude is as long as it is at the town's latitude. */
export function drawn(map: Schemas["TownMap"]): Drawing | null {
  const points = map.outlines.flatMap((one) => one.polygons.flat(2)) as [number, number][];
  if (!points.length) return null;
  const [west, east] = ends(points.map(([lon]) => lon));
  const [south, north] = ends(points.map(([, lat]) => lat));
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = (WIDTH - 2 * EDGE) / ((east - west) * squeeze || 1);
  const x = (lon: number): number => round(EDGE + (lon - west) * squeeze * scale);
  const y = (lat: number): number => round(EDGE + (north - lat) * scale);
  const areas = map.outlines.map((one) => {
    const rings = one.polygons.flat() as [number, number][][];
    const d = rings.map((ring) => `M${ring.map(([lon, lat]) => `${x(lon)} ${y(lat)}`).join("L")}Z`).join("");
    const [lon, lat] = middle(largest(one.polygons.map((polygon) => (polygon[0] ?? []) as [number, number][])));
    return { id: one.id, d, x: x(lon), y: y(lat), box: boxOf(rings.flat().map(([lon, lat]) => [x(lon), y(lat)])) };
  });
  const height = round(2 * EDGE + (north - south) * scale);
  return { width: WIDTH, height, areas, place: (lon, lat) => ({ x: x(lon), y: y(lat) }) };
}

export type Direction = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

/** The nearest area in a direction; null: it is the last one there. What lies straight ahead comes before what lies beside. */
export function neighbour(areas: readonly Area[], from: Area, direction: Direction): Area | null {
  const sideways = direction === "ArrowLeft" || direction === "ArrowRight";
  const sign = direction === "ArrowRight" || direction === "ArrowDown" ? 1 : -1;
  let best: Area | null = null;
  let shortest = Infinity;
  for (const one of areas) {
    const ahead = sign * (sideways ? one.x - from.x : one.y - from.y);
    const beside = Math.abs(sideways ? one.y - from.y : one.x - from.x);
    if (one.id === from.id || ahead <= 0 || beside > 2 * ahead) continue;
    const length = ahead + 2 * beside;
    if (length < shortest) [best, shortest] = [one, length];
  }
  return best;
}

/** How dark a count is drawn, 0 to 4. */
export function shade(count: number, most: number): number {
  if (count <= 0) return 0;
  if (most <= 8) return Math.min(4, Math.ceil((4 * count) / Math.max(count, most)));
  return Math.min(4, Math.ceil((4 * Math.log1p(count)) / Math.log1p(Math.max(count, most, 1))));
}

function boxOf(points: [number, number][]): Box {
  const [west, east] = ends(points.map(([x]) => x));
  const [north, south] = ends(points.map(([, y]) => y));
  return { x: west, y: north, width: east - west, height: south - north };
}

function ends(values: number[]): [number, number] {
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function largest(rings: [number, number][][]): [number, number][] {
  return rings.reduce((a, b) => (Math.abs(area(b)) > Math.abs(area(a)) ? b : a), []);
}

function area(ring: [number, number][]): number {
  return sides(ring).reduce((sum, [[x1, y1], [x2, y2]]) => sum + x1 * y2 - x2 * y1, 0) / 2;
}

/** The centroid of a ring. */
function middle(ring: [number, number][]): [number, number] {
  const [ox, oy] = ring[0] ?? [0, 0]; // near the origin there is less to round
  const near = ring.map(([x, y]): [number, number] => [x - ox, y - oy]);
  const whole = area(near);
  if (!whole) return [ox, oy];
  let [x, y] = [0, 0];
  for (const [[x1, y1], [x2, y2]] of sides(near)) {
    const cross = x1 * y2 - x2 * y1;
    x += (x1 + x2) * cross;
    y += (y1 + y2) * cross;
  }
  return [ox + x / (6 * whole), oy + y / (6 * whole)];
}

function sides(ring: [number, number][]): [[number, number], [number, number]][] {
  return ring.slice(1).map((point, at) => [ring[at] ?? point, point]);
}
