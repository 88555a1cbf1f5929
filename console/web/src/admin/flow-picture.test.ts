import { describe, expect, test } from "vitest";

import type { Schemas } from "../api/api";
import { drawn, told, waysOf, WIDE } from "./flow-picture";

type Flow = Schemas["FlowPicture"];

function flow(places: Record<string, [column: number, row: number]>, arrows: string[]): Flow {
  return {
    name: "test",
    boxes: Object.entries(places).map(([step, [column, row]]) => ({
      step,
      kind: "menu",
      column,
      row,
      service: "",
      says: {},
    })),
    arrows: arrows.map((one) => {
      const [begin = "", key = "", end = ""] = one.split(" ");
      return { begin, end, key: key === "-" ? "" : key };
    }),
  };
}

const FLOW = flow({ main: [0, 0], urgent: [1, 0], funeral: [2, 0], untold: [2, 1], info: [1, 2], more: [2, 2] }, [
  "main 1 urgent",
  "urgent 1 funeral",
  "urgent 0 untold",
  "urgent silence untold",
  "urgent wrong untold",
  "urgent 9 main",
  "main 2 info",
  "info - more",
  "more 1 info",
  "more 9 main",
  "more * main",
]);
const words = (key: string): string => ({ silence: "tuş yok", wrong: "yanlış tuş" })[key] ?? key;

describe("ways", () => {
  test("keys that lead to the same step are one way", () => {
    expect(waysOf(FLOW, words).map(told)).toEqual([
      "1 → urgent",
      "1 → funeral",
      "0, tuş yok, yanlış tuş → untold",
      "9 → main",
      "2 → info",
      "→ more",
      "1 → info",
      "9, * → main",
    ]);
  });

  test("each is told once: by the line to its step, or in words in the box that it leaves", () => {
    const { boxes, lines } = drawn(FLOW, words);
    expect(lines.map(told)).toEqual([
      "1 → urgent",
      "1 → funeral",
      "0, tuş yok, yanlış tuş → untold",
      "2 → info",
      "→ more",
    ]);
    const inBoxes = boxes
      .filter((one) => one.ways.length)
      .map((one) => [one.box.step, one.ways.map((way) => way.text)]);
    expect(inBoxes).toEqual([
      ["urgent", ["9 → main"]],
      ["more", ["1 → info", "9, * → main"]],
    ]);
  });
});

describe("places", () => {
  test("a label of several keys goes on below its line, and none is wider than the gap", () => {
    const { lines } = drawn(FLOW, words);
    expect(lines[2]?.label.map((one) => one.text)).toEqual(["0, tuş yok,", "yanlış tuş"]);
    expect(lines[4]?.label).toEqual([]);
    for (const part of lines.flatMap((one) => one.label)) expect(part.text.length).toBeLessThanOrEqual(17);
  });

  test("no label stands where another one does", () => {
    const places = drawn(FLOW, words).lines.flatMap((one) => one.label.map((part) => `${part.x} ${part.y}`));
    expect(new Set(places).size).toBe(places.length);
  });

  test("a box that grows by its ways moves the rows below it, and boxes never meet", () => {
    const { boxes, height, width } = drawn(FLOW, words);
    for (const one of boxes) {
      expect(one.y + one.high).toBeLessThan(height);
      expect(one.x + WIDE).toBeLessThan(width);
      for (const way of one.ways) expect(way.y).toBeLessThan(one.y + one.high);
      for (const other of boxes) {
        if (one === other || one.box.column !== other.box.column || one.box.row > other.box.row) continue;
        expect(one.y + one.high).toBeLessThan(other.y);
      }
    }
  });
});
