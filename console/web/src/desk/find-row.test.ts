import { describe, expect, it } from "vitest";

import { rowFor, Typing, TYPING_MS } from "./find-row";

const ROWS = [
  ["Işık Ay", "1004"],
  ["İnci Demir", "1007"],
  ["İsmail Kaya", "1011"],
  ["Zeynep Ak", "1002"],
];

describe("what is typed on a list", () => {
  it("means the next row that begins so, round and round", () => {
    const of = (typed: string, from: number) => rowFor(ROWS, typed, from, "tr-TR");
    expect(of("z", -1)).toBe(3);
    expect([of("i", 0), of("i", 1), of("i", 2)]).toEqual([1, 2, 1]);
    expect(of("ı", 3)).toBe(0); // another letter than i
    expect(of("x", 0)).toBe(-1);
    expect(rowFor([], "x", -1, "tr-TR")).toBe(-1);
  });

  it("belongs together as long as one key follows another within a second", () => {
    const typing = new Typing();
    const typed = (key: string, at: number) => typing.add(key, at);
    expect([typed("b", 0), typed("i", TYPING_MS - 1), typed("l", 2 * TYPING_MS - 2)]).toEqual(["b", "bi", "bil"]);
    expect([typed("c", 3 * TYPING_MS - 2), typed("e", 3 * TYPING_MS - 2)]).toEqual(["c", "ce"]);
  });

  it("stays where it is while more of it fits, and knows extensions", () => {
    expect(rowFor(ROWS, "in", 1, "tr-TR")).toBe(1);
    expect(rowFor(ROWS, "is", 1, "tr-TR")).toBe(2);
    expect(rowFor(ROWS, "1002", 0, "tr-TR")).toBe(3);
  });
});
