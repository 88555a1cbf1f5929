import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { destroyHalf, KEPT_MS, type Half } from "./half-shelf";
import { HalfWritten } from "./half-written.svelte";
import { MemoryShelf } from "./shelf";

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
  void kept.forget();
  expect([kept.all, kept.of("3", "note")]).toEqual([[], null]);
});

it("what a form that is gone has sent is kept no more, unless something else is written by now", () => {
  const kept = new HalfWritten();
  kept.keep("1", "note", { note: "Aradım" });
  expect(kept.sent("1", "note", { note: "Başka" })).toBe(false);
  expect(kept.of("1", "note")).toEqual({ note: "Aradım" });
  expect(kept.sent("1", "note", { note: "Aradım" })).toBe(true);
  expect(kept.all).toEqual([]);
});

describe("on a shelf", () => {
  let shelf: MemoryShelf<Half>;

  beforeEach(() => {
    vi.useFakeTimers();
    shelf = new MemoryShelf<Half>();
  });
  afterEach(() => vi.useRealTimers());

  async function opened(author: string): Promise<HalfWritten> {
    const page = new HalfWritten();
    await page.last(author, shelf);
    return page;
  }

  it("words outlive a page that is closed without a question", async () => {
    const page = await opened("fen");
    page.keep("26-000001-6", "resolve", { result: "Dök" });
    page.keep("26-000001-6", "resolve", { result: "Döküldü", photos: [] });
    await vi.runAllTimersAsync();
    const next = await opened("fen");
    expect(next.of("26-000001-6", "resolve")).toEqual({ result: "Döküldü", photos: [] });
    expect(next.all).toEqual(["26-000001-6"]);
  });

  it("what was sent is gone there, too", async () => {
    const page = await opened("fen");
    page.keep("1", "note", "Aradım");
    await page.save();
    page.keep("1", "note", null);
    await page.save();
    expect(await shelf.all()).toEqual([]);
    expect((await opened("fen")).all).toEqual([]);
  });

  it("nobody sees another person's words, and they stay for their author", async () => {
    const page = await opened("fen");
    page.keep("1", "note", "Aradım");
    await page.save();
    const other = await opened("park");
    expect(other.all).toEqual([]);
    await other.forget();
    expect((await opened("fen")).of("1", "note")).toBe("Aradım");
  });

  it("whoever leaves takes them along", async () => {
    const page = await opened("fen");
    page.keep("1", "note", "Aradım");
    page.keep("2", "resolve", { result: "Döküldü" });
    await vi.runAllTimersAsync();
    await page.forget();
    expect(await shelf.all()).toEqual([]);
  });

  it("words that were left for days are destroyed, however often their author has come back meanwhile", async () => {
    const page = await opened("fen");
    page.keep("1", "note", "Aradım");
    await page.save();
    vi.setSystemTime(Date.now() + KEPT_MS / 2);
    expect((await opened("fen")).all).toEqual(["1"]);
    vi.setSystemTime(Date.now() + KEPT_MS / 2 + 1);
    expect((await opened("fen")).all).toEqual([]);
    expect(await shelf.all()).toEqual([]);
  });

  it("whoever leaves takes along what they wrote in another tab, too, and at pages that do not show it", async () => {
    const [page, other] = [await opened("fen"), await opened("fen")];
    other.keep("1", "note", "Aradım");
    await other.save();
    await page.forget();
    expect(await shelf.all()).toEqual([]);
    for (const [author, about] of [
      ["fen", "2"],
      ["park", "3"],
    ] as const) {
      const one = await opened(author);
      one.keep(about, "note", "Aradım");
      await one.save();
    }
    await destroyHalf("fen", Promise.resolve(shelf));
    expect((await shelf.all()).map((one) => one.author)).toEqual(["park"]);
  });

  it("what another tab has sent or gone on with is so here, too, when the page is looked at", async () => {
    Object.defineProperty(shelf, "lasts", { value: true });
    const page = await opened("fen");
    page.keep("1", "note", "Aradım");
    page.keep("2", "note", "Sordum");
    await page.save();
    vi.setSystemTime(Date.now() + 1);
    const other = await opened("fen");
    page.keep("1", "note", null);
    page.keep("2", "note", "Sordum, yanıt yok");
    await page.save();
    other.keep("3", "note", "Yeni");
    await other.look();
    expect([other.of("1", "note"), other.of("2", "note"), other.of("3", "note")]).toEqual([
      null,
      "Sordum, yanıt yok",
      "Yeni",
    ]);
  });

  it("what is written before the shelf is open is newer than what lies there", async () => {
    const before = await opened("fen");
    before.keep("1", "note", "eski");
    await before.save();
    const page = new HalfWritten();
    page.keep("1", "note", "yeni");
    await page.last("fen", shelf);
    expect(page.of("1", "note")).toBe("yeni");
    expect((await opened("fen")).of("1", "note")).toBe("yeni");
  });

  it("a shelf that takes nothing costs nothing", async () => {
    const page = new HalfWritten();
    const broken = new MemoryShelf<Half>();
    for (const what of ["all", "put", "remove"] as const) vi.spyOn(broken, what).mockRejectedValue(new Error("full"));
    await page.last("fen", broken);
    page.keep("1", "note", "Aradım");
    await page.save();
    expect(page.of("1", "note")).toBe("Aradım");
    await page.forget();
    expect(page.all).toEqual([]);
  });
});
