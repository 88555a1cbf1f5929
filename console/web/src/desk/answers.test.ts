import { describe, expect, it } from "vitest";

import { answersOf, wrongAnswers } from "./answers";

const PIECES = { id: "parca", type: "number", least: 1, most: 50 } as const;
const WHAT = { id: "esya", type: "text", least: 0, most: 0 } as const;
const QUESTIONS = [PIECES, WHAT];

describe("answers", () => {
  it("are numbers where a number is asked for, and otherwise what was typed", () => {
    const typed = { parca: " 10 ", esya: " 3 koltuk ", other: "x" };
    expect(answersOf(QUESTIONS, typed)).toEqual({ parca: 10, esya: "3 koltuk" });
    expect(wrongAnswers(QUESTIONS, typed)).toEqual([]);
  });

  it("that were not given are left out, and are not wrong", () => {
    expect(answersOf(QUESTIONS, { parca: " " })).toEqual({});
    expect(wrongAnswers(QUESTIONS, { parca: " " })).toEqual([]);
  });

  it.each(["3,5", "10 parça", "1e1", "0x10", "-3", "Infinity"])("that are no number, %s, stay as they are", (typed) => {
    expect(wrongAnswers(QUESTIONS, { parca: typed })).toEqual([PIECES]);
    const sent = JSON.parse(JSON.stringify(answersOf(QUESTIONS, { parca: typed }))) as unknown;
    expect(sent).toEqual({ parca: typed });
  });

  it.each([
    ["0", true],
    ["1", false],
    ["50", false],
    ["51", true],
  ])("have the limits of their question: %s", (typed, isWrong) => {
    expect(wrongAnswers(QUESTIONS, { parca: typed })).toEqual(isWrong ? [PIECES] : []);
  });
});
