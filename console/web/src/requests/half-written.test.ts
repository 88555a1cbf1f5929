import { expect, it } from "vitest";

import { HalfWritten } from "./half-written.svelte";

it("words stay by their request and by what they are for", () => {
  const kept = new HalfWritten();
  kept.keep("26-000001-6", "note", { note: "Aradım" });
  kept.keep("26-000001-6", "resolve", { result: "Döküldü" });
  kept.keep("26-000002-4", "note", { note: "Sordu" });
  expect(kept.of("26-000001-6", "note")).toEqual({ note: "Aradım" });
  expect(kept.of("26-000002-4", "note")).toEqual({ note: "Sordu" });
  expect(kept.of("26-000002-4", "resolve")).toBeNull();
  expect([kept.has("26-000001-6"), kept.has("26-000002-4", "resolve"), kept.has("26-000003-2")]).toEqual([
    true,
    false,
    false,
  ]);
  expect(kept.all).toEqual(["26-000001-6", "26-000002-4"]);
});

it("what was sent is kept no more, and nothing is left of its request", () => {
  const kept = new HalfWritten();
  kept.keep("1", "note", { note: "Aradım" });
  kept.keep("1", "resolve", { result: "Döküldü" });
  kept.keep("1", "note", null);
  expect([kept.has("1"), kept.has("1", "note")]).toEqual([true, false]);
  kept.keep("1", "resolve", null);
  kept.keep("2", "note", null);
  expect(kept.all).toEqual([]);
  kept.keep("3", "note", { note: "x" });
  kept.forget();
  expect([kept.all, kept.of("3", "note")]).toEqual([[], null]);
});
