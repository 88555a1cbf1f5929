// The desk's texts can be read: every pair of colours that is used together, light and dark, by WCAG 2.2.
import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf-8");
const TEXT = 4.5; // 1.4.3, text
const SIGN = 3; // 1.4.11, signs and the borders of controls; 1.4.3, large text

const states = ["ready", "talking", "ringing", "wrapup", "paused"];
const pairs: [string, string, number][] = [
  ...["page", "panel", "raised", "sunken"].flatMap((ground): [string, string, number][] => [
    ["ink", ground, TEXT],
    ["soft", ground, TEXT],
    ["urgent", ground, TEXT],
    ["good", ground, TEXT],
    ["warn", ground, TEXT],
    ["accent", ground, TEXT],
    ["line-strong", ground, SIGN],
  ]),
  ["urgent", "urgent-tint", TEXT],
  ["ink", "urgent-tint", TEXT],
  ["soft", "urgent-tint", TEXT],
  ["warn", "urgent-tint", TEXT],
  ["good", "good-tint", TEXT],
  ["warn", "warn-tint", TEXT],
  ["accent", "action-tint", TEXT],
  ...[1, 2, 3, 4].map((shade): [string, string, number] => ["ink", `map-${shade}`, TEXT]),
  ["action-ink", "action", TEXT],
  ["action-ink", "action-hover", TEXT],
  ["action-ink", "good-strong", TEXT],
  ["action-ink", "good-strong-hover", TEXT],
  ["alarm-ink", "alarm", TEXT],
  ["alarm-ink", "alarm-hover", TEXT],
  ...states.map((state): [string, string, number] => [state, `${state}-tint`, TEXT]),
  ...states.map((state): [string, string, number] => ["ink", `${state}-tint`, TEXT]),
];

/** Each colour as [light, dark]; a name that stands for another is followed. */
function palette(): Map<string, [string, string]> {
  const found = new Map<string, [string, string]>();
  for (const [, name, value] of css.matchAll(/--([\w-]+): ([^;]+);/g)) {
    if (!name || !value) continue;
    const both = /^light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)$/.exec(value);
    const one = /^#[0-9a-f]{6}$/.exec(value);
    const other = /^var\(--([\w-]+)\)$/.exec(value);
    const meant = other?.[1] ? found.get(other[1]) : undefined;
    if (both?.[1] && both[2]) found.set(name, [both[1], both[2]]);
    else if (one) found.set(name, [one[0], one[0]]);
    else if (meant) found.set(name, meant);
  }
  return found;
}

/** Relative luminance, 0 to 1, of `#rrggbb`. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5]
    .map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

describe.each(["light", "dark"])("in the %s theme", (theme) => {
  const colours = palette();
  it.each(pairs)("%s on %s has a contrast of %d or more", (ink, ground, least) => {
    const [a, b] = [colours.get(ink), colours.get(ground)];
    if (!a || !b) throw new Error(`no such colour: ${a ? ground : ink}`);
    const at = theme === "light" ? 0 : 1;
    expect(contrast(a[at], b[at])).toBeGreaterThanOrEqual(least);
  });
});
