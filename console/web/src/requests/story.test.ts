import { describe, expect, it } from "vitest";

import { toldOf, triedOf, type StoryStep } from "./story";
import type { Step, Whole } from "./types";

const at = "2026-05-20T10:00:00Z";

function happened(kind: StoryStep["kind"], what: string, more: Partial<StoryStep> = {}): StoryStep {
  return { at, kind, what, who: "", unit: null, note: "", words: "", id: "", detail: {}, ...more };
}

function whole(story: StoryStep[], rings: { person: string; result: string }[] = []): Whole {
  const history = story
    .filter((one) => one.kind === "history")
    .map((one, place) => ({ version: place + 1, at, role: "system", what: one.what, detail: one.detail }) as Step);
  return { story, history, rings } as unknown as Whole;
}

function names(request: Whole): string[] {
  return toldOf(request).map((one) => `${one.happened.kind} ${one.happened.what}`);
}

describe("what happened about a request", () => {
  it("is told in one order, the newest first, each step of the history by its own row", () => {
    const request = whole([
      happened("history", "open"),
      happened("history", "resolve"),
      happened("try", "no_answer"),
      happened("task", "not_reached"),
      happened("history", "tell"),
      happened("followed", "opened"),
    ]);
    expect(names(request)).toEqual([
      "followed opened",
      "history tell",
      "task not_reached",
      "try no_answer",
      "history resolve",
      "history open",
    ]);
    const told = toldOf(request);
    expect(told.map((one) => one.step?.version ?? 0)).toEqual([0, 3, 0, 0, 2, 1]);
    expect(new Set(told.map((one) => one.key)).size).toBe(told.length);
  });

  it("leaves out what the page shows elsewhere, and calls that the history or a try tells", () => {
    const calls = ["opened", "outcome", "again", "looked_up"].map((how) => happened("call", how));
    expect(names(whole([...calls, happened("file", "photo")]))).toEqual(["call looked_up", "call again"]);
  });

  it("tells a ring once, with its own time", () => {
    const ring = (person: string, result: string): StoryStep =>
      happened("history", "ring", { detail: { person, result } });
    const rings = [
      { person: "ali", result: "no_answer" },
      { person: "ayse", result: "accepted" },
    ];
    const story = [
      happened("ring", "no_answer", { who: "ali" }),
      ring("ali", "no_answer"),
      ring("ali", "no_answer"), // of a ring whose row is gone
      ring("ayse", "accepted"), // it was not hers any more
      happened("history", "ring", { detail: { result: "nobody" } }),
    ];
    expect(toldOf(whole(story, rings)).map((one) => one.step?.version ?? 0)).toEqual([4, 3, 2, 0]);
  });

  it("has at hand what was tried to reach people", () => {
    const request = whole([happened("history", "open"), happened("try", "busy"), happened("text", "sent")]);
    expect(triedOf(request, "try", "text").map((one) => one.happened.what)).toEqual(["sent", "busy"]);
    expect(triedOf(request, "ring")).toEqual([]);
  });
});
