// Where a request is: as a map application takes it, and on the drawing of the town. Pure.
import type { Box, Drawing } from "../requests/outline";

/** Decimals of a degree: a metre. */
const DECIMALS = 5;
/** Around a mahalle so much of its neighbours is seen, as a share of its size. */
const MARGIN = 0.35;

export interface Point {
  lat: number;
  lon: number;
}

/** The point of a request; null: it has none. */
export function pointOf(ticket: { lat?: number | null; lon?: number | null }): Point | null {
  const { lat, lon } = ticket;
  return lat == null || lon == null ? null : { lat, lon };
}

/** As people and map applications write it. */
export function written({ lat, lon }: Point): string {
  return `${lat.toFixed(DECIMALS)}, ${lon.toFixed(DECIMALS)}`;
}

/** The address that a telephone opens in its own map; the second time for those that only look there, and set a pin by it. */
export function geoOf({ lat, lon }: Point): string {
  const at = `${lat.toFixed(DECIMALS)},${lon.toFixed(DECIMALS)}`;
  return `geo:${at}?q=${at}`;
}

/** The part of the drawing to look at: the mahalle with something of its neighbours, or all of it where that does not hold the point;
 * null: the point is not on it. */
export function lookAt(drawing: Drawing, point: Point, district: string): { box: Box; x: number; y: number } | null {
  const at = drawing.place(point.lon, point.lat);
  const whole: Box = { x: 0, y: 0, width: drawing.width, height: drawing.height };
  if (!holds(whole, at)) return null;
  const area = drawing.areas.find((one) => one.id === district);
  const near = area && wider(area.box);
  return { box: near && holds(near, at) ? near : whole, ...at };
}

function wider({ x, y, width, height }: Box): Box {
  const more = MARGIN * Math.max(width, height);
  return { x: x - more, y: y - more, width: width + 2 * more, height: height + 2 * more };
}

function holds(box: Box, { x, y }: { x: number; y: number }): boolean {
  return x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
}
