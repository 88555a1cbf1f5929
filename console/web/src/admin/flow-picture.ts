// Where the boxes, lines and labels of the flow's picture stand. Pure.
//
// Each step has one line that leads to it, from the first way that comes there; its label stands at its end. The other ways are written
// into the box that they leave, since a line back would run through the picture.
import type { Schemas } from "../api/api";

type Flow = Pick<Schemas["FlowPicture"], "boxes" | "arrows">;
type Box = Schemas["FlowBox"];

export const WIDE = 210;
const HIGH = 62;
const GAP = 150;
const BETWEEN = 18;
const EDGE = 10;
const LINE = 18;
const TURN = 14;
const CORNER = 6;
/** Letters in a box, and in a line of a label. */
const IN_BOX = 30;
const IN_LABEL = 17;

/** The ways from one step to another, as one: its keys in words, in the order of the file. */
export interface Way {
  begin: string;
  end: string;
  keys: string;
}

export interface Placed {
  box: Box;
  x: number;
  y: number;
  high: number;
  /** Other ways, each a line of text, and where it stands. */
  ways: { text: string; y: number }[];
}

export interface Line extends Way {
  path: string;
  /** The label's lines, and where they end. */
  label: { text: string; x: number; y: number }[];
}

export interface Drawing {
  boxes: Placed[];
  lines: Line[];
  width: number;
  height: number;
}

export function cut(text: string, letters = IN_BOX): string {
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}

/** All ways, each pair of steps once. */
export function waysOf(flow: Flow, word: (key: string) => string): Way[] {
  const found = new Map<string, Way>();
  for (const { begin, end, key } of flow.arrows) {
    const pair = `${begin} ${end}`;
    const before = found.get(pair);
    const keys = [before?.keys, key && word(key)].filter(Boolean).join(", ");
    found.set(pair, { begin, end, keys });
  }
  return [...found.values()];
}

/** "1, 2 → main" */
export function told(way: Way): string {
  return [way.keys, "→", way.end].filter(Boolean).join(" ");
}

export function drawn(flow: Flow, word: (key: string) => string): Drawing {
  const at = new Map(flow.boxes.map((box) => [box.step, box]));
  const reached = new Set(flow.boxes.filter((box) => box.column === 0).map((box) => box.step));
  const first: Way[] = [];
  const others = new Map<string, Way[]>();
  for (const way of waysOf(flow, word)) {
    if (!at.has(way.begin) || !at.has(way.end)) continue;
    if (reached.has(way.end)) others.set(way.begin, [...(others.get(way.begin) ?? []), way]);
    else first.push(way);
    reached.add(way.end);
  }

  const highs: number[] = [];
  for (const box of flow.boxes) {
    highs[box.row] = Math.max(highs[box.row] ?? 0, HIGH + LINE * (others.get(box.step)?.length ?? 0));
  }
  const tops: number[] = [];
  let height = EDGE;
  for (let row = 0; row < highs.length; row++) {
    tops[row] = height;
    height += (highs[row] ?? 0) + BETWEEN;
  }

  const boxes = flow.boxes.map((box) => {
    const y = tops[box.row] ?? 0;
    const ways = (others.get(box.step) ?? []).map((way, n) => ({ text: told(way), y: y + HIGH + 4 + LINE * n }));
    return { box, x: EDGE + box.column * (WIDE + GAP), y, high: HIGH + LINE * ways.length, ways };
  });
  const places = new Map(boxes.map((one) => [one.box.step, one]));
  const lines = first.flatMap((way) => {
    const [begin, end] = [places.get(way.begin), places.get(way.end)];
    return begin && end ? [line(way, begin, end)] : [];
  });
  const columns = Math.max(0, ...flow.boxes.map((box) => box.column));
  return { boxes, lines, width: 2 * EDGE + columns * (WIDE + GAP) + WIDE, height: height - BETWEEN + EDGE };
}

/** Out of the box, down beside it, and along the row of the step: so no line crosses a box or another line. */
function line(way: Way, begin: Placed, end: Placed): Line {
  const [fromX, fromY, toX, toY] = [begin.x + WIDE, begin.y + HIGH / 2, end.x, end.y + HIGH / 2];
  const turn = fromX + TURN;
  const along =
    fromY === toY
      ? `M${fromX} ${fromY}H${toX}`
      : `M${fromX} ${fromY}H${turn - CORNER}Q${turn} ${fromY} ${turn} ${fromY + CORNER}` +
        `V${toY - CORNER}Q${turn} ${toY} ${turn + CORNER} ${toY}H${toX}`;
  const tip = `M${toX - 6} ${toY - 4}L${toX} ${toY}L${toX - 6} ${toY + 4}`;
  const label = twoLines(way.keys).map((text, n) => ({ text, x: toX - 10, y: toY + (n ? 15 : -6) }));
  return { ...way, path: along + tip, label };
}

/** A label above its line, and what does not fit there below it. */
function twoLines(keys: string): string[] {
  const [first, ...rest] = keys.split(" ");
  if (!first) return [];
  let above = first;
  while (rest[0] !== undefined && `${above} ${rest[0]}`.length <= IN_LABEL) above += ` ${rest.shift() ?? ""}`;
  return [above, rest.join(" ")].filter(Boolean).map((text) => cut(text, IN_LABEL));
}
