// A point as people write or paste it. Pure.
import type { Point } from "../unit/point";

/** Degrees with a decimal point, the two apart by a comma, a semicolon or blanks. */
const DOTTED = /^(-?\d{1,3}(?:\.\d+)?)(?:\s*[,;]\s*|\s+)(-?\d{1,3}(?:\.\d+)?)$/;
/** Degrees with a decimal comma, as Turkish writes them. */
const COMMAED = /^(-?\d{1,3},\d+)(?:\s*;\s*|\s*,\s+|\s+)(-?\d{1,3},\d+)$/;

/** The point in a text: `41.028, 28.674`, `41,028 28,674` or what a map application shares (`geo:41.028,28.674?q=…`); null: it is
 * none. */
export function pointIn(text: string): Point | null {
  const given = text
    .trim()
    .replace(/^geo:/i, "")
    .replace(/[?;][a-z].*$/i, "")
    .trim();
  const found = COMMAED.exec(given) ?? DOTTED.exec(given);
  if (!found) return null;
  const [lat, lon] = [found[1], found[2]].map((one) => Number((one ?? "").replace(",", ".")));
  if (lat === undefined || lon === undefined || Math.abs(lat) > 90 || Math.abs(lon) > 180) return null;
  return { lat, lon };
}

/** Whether something is written that is no point. */
export function isNoPoint(text: string): boolean {
  return text.trim() !== "" && pointIn(text) === null;
}
