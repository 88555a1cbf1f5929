import { describe, expect, it } from "vitest";

import type { Half } from "../requests/half-shelf";
import { HalfWritten } from "../requests/half-written.svelte";
import { MemoryShelf } from "../requests/shelf";
import { HALF, HalfPaper } from "./half-paper.svelte";

const ZONE = "Europe/Istanbul";
const NOW = Date.parse("2026-11-28T12:00:00Z");
const TOMORROW = NOW + 86_400_000;

/** What a page has of this person, once what lies on the shelf has been taken up. */
async function opened(shelf: MemoryShelf<Half>): Promise<HalfWritten> {
  const page = new HalfWritten();
  await page.last("inbox", shelf);
  return page;
}

describe("a request in writing that is being typed in", () => {
  it("is there again in the next page, and is sent as the same one", async () => {
    const shelf = new MemoryShelf<Half>();
    const page = await opened(shelf);
    const half = new HalfPaper(page, NOW, ZONE);
    half.paper.kind = "cimer";
    half.paper.received = "2026-11-20";
    half.paper.text = "Kaldırım";
    half.keep();
    await page.save();
    const after = new HalfPaper(await opened(shelf), TOMORROW, ZONE);
    expect(after.written).toEqual({ ...half.written, kind: "cimer", received: "2026-11-20", text: "Kaldırım" });
    expect([after.key, after.isEmpty]).toEqual([half.key, false]);
  });

  it("can be thrown away in the next page, which then asks nobody about it", async () => {
    const shelf = new MemoryShelf<Half>();
    const page = await opened(shelf);
    const half = new HalfPaper(page, NOW, ZONE);
    half.paper.name = "Ayşe Yılmaz";
    half.keep();
    await page.save();
    const next = await opened(shelf);
    const after = new HalfPaper(next, NOW, ZONE);
    after.discard(NOW, ZONE);
    await next.save();
    expect([next.all, await shelf.all()]).toEqual([[], []]);
    expect(after.key).not.toBe(half.key);
  });

  it("changes no more once it is kept", () => {
    const page = new HalfWritten();
    const half = new HalfPaper(page, NOW, ZONE);
    half.paper.text = "Kal";
    half.keep();
    half.paper.text = "Kaldırım";
    expect(page.of<{ paper: unknown }>(HALF, HALF)?.paper).toMatchObject({ text: "Kal" });
  });

  it("is none of which only a mark lies there", () => {
    const page = new HalfWritten();
    page.keep(HALF, HALF, true);
    const half = new HalfPaper(page, NOW, ZONE);
    half.keep();
    expect([half.isEmpty, page.all]).toEqual([true, []]);
  });

  it("came today, also where the page was opened yesterday", () => {
    const half = new HalfPaper(new HalfWritten(), NOW, ZONE);
    half.renew(TOMORROW, ZONE);
    expect([half.paper.received, half.isEmpty]).toEqual(["2026-11-29", true]);
    half.paper.text = " "; // words are to follow
    half.renew(TOMORROW, ZONE);
    expect(half.paper.text).toBe(" ");
    half.paper.text = "Kaldırım";
    half.renew(TOMORROW + 86_400_000, ZONE);
    expect([half.paper.received, half.paper.text]).toEqual(["2026-11-29", "Kaldırım"]);
  });

  it.each([
    ["kind", "cimer"],
    ["received", "2026-11-20"],
  ] as const)("is begun by its %s alone", (name, value) => {
    const page = new HalfWritten();
    const half = new HalfPaper(page, NOW, ZONE);
    Object.assign(half.paper, { [name]: value });
    half.keep();
    half.renew(TOMORROW, ZONE);
    expect([half.isEmpty, half.paper[name], page.has(HALF)]).toEqual([false, value, true]);
  });

  it("makes way for the next one once the backend has it", () => {
    const page = new HalfWritten();
    const half = new HalfPaper(page, NOW, ZONE);
    half.paper.text = "Kaldırım";
    half.keep();
    const key = half.key;
    expect(half.arrived(half.written, NOW, ZONE)).toBe(true);
    expect([half.isEmpty, half.key === key, page.all]).toEqual([true, false, []]);
  });

  it("keeps what was written while the answer was on its way", () => {
    const page = new HalfWritten();
    const half = new HalfPaper(page, NOW, ZONE);
    half.paper.text = "Kaldırım";
    const sent = half.written;
    half.paper.text = "Kaldırım bozuk";
    half.keep();
    const key = half.key;
    expect(half.arrived(sent, NOW, ZONE)).toBe(false);
    expect([half.paper.text, half.key, page.has(HALF)]).toEqual(["Kaldırım bozuk", key, true]);
  });

  it("is another one where its words were taken out while the answer was on its way", () => {
    const half = new HalfPaper(new HalfWritten(), NOW, ZONE);
    half.paper.text = "Kaldırım";
    const [sent, key] = [half.written, half.key];
    half.paper.text = "";
    expect(half.arrived(sent, NOW, ZONE)).toBe(true);
    expect(half.key).not.toBe(key);
  });
});
