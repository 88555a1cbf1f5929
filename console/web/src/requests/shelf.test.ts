import { afterEach, describe, expect, it, vi } from "vitest";

import type { Write } from "./outbox.svelte";
import { openShelf } from "./shelf";

/** As much of IndexedDB as the shelf uses. Its connections can be closed under the page. */
class Databases {
  readonly kept = new Map<string, Write>();
  opened = 0;
  isClosed = false;
  /** The key of a write for which there is no room. */
  full = "";
  /** It answers nothing, be it asked to open or what it has. */
  isSilent = false;

  open(): Record<string, unknown> {
    const request: Record<string, unknown> = { result: this.#connection() };
    if (!this.isSilent) queueMicrotask(() => (request.onsuccess as () => void)());
    return request;
  }

  #connection() {
    this.opened += 1;
    this.isClosed = false;
    return { close: () => undefined, transaction: () => this.#transaction() };
  }

  #transaction() {
    if (this.isClosed) throw new DOMException("the connection is closed", "InvalidStateError");
    const after = new Map(this.kept);
    const transaction: Record<string, unknown> = { error: null };
    let isFull = false;
    const commit = (): void => {
      if (this.isSilent) return;
      if (isFull) return (transaction.onabort as () => void)();
      this.kept.clear();
      for (const [key, write] of after) this.kept.set(key, write);
      (transaction.oncomplete as () => void)();
    };
    queueMicrotask(() => queueMicrotask(commit)); // once what was asked in it has been answered
    const answered = (result: unknown): Record<string, unknown> => {
      const request: Record<string, unknown> = { result };
      queueMicrotask(() => (request.onsuccess as (() => void) | undefined)?.());
      return request;
    };
    const put = (write: Write): void => {
      isFull ||= write.key === this.full;
      after.set(write.key, write);
    };
    const remove = (key: string): void => void after.delete(key);
    const [get, getAll] = [(key: string) => answered(after.get(key)), () => answered([...after.values()])];
    transaction.objectStore = () => ({ get, getAll, put, delete: remove });
    return transaction;
  }
}

function write(key: string): Write {
  return { key, number: "a", what: "note", path: "/notes", base: 1, user: "fen", at: 1, standing: "waiting", why: "" };
}

function databases(): Databases {
  const made = new Databases();
  vi.stubGlobal("indexedDB", made);
  return made;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("the browser's shelf", () => {
  it("is opened anew when the browser has closed it", async () => {
    const browser = databases();
    const shelf = await openShelf();
    await shelf.put([write("1")]);
    browser.isClosed = true;
    expect((await shelf.all()).map((one) => one.key)).toEqual(["1"]);
    browser.isClosed = true;
    await shelf.put([write("2")]);
    browser.isClosed = true;
    await shelf.remove("1");
    expect([[...browser.kept.keys()], browser.opened, shelf.lasts]).toEqual([["2"], 4, true]);
  });

  it("takes all of several, or none", async () => {
    const browser = databases();
    const shelf = await openShelf();
    browser.full = "2";
    await expect(shelf.put([write("1"), write("2")])).rejects.toThrow();
    expect(await shelf.all()).toEqual([]);
  });

  it.each(["browser", "memory"])("puts if what is there allows it, and drops, in one step (%s)", async (kind) => {
    if (kind === "browser") databases();
    const shelf = await openShelf();
    expect(shelf.lasts).toBe(kind === "browser");
    expect(await shelf.putIf([write("1"), write("2")], "1", (found) => found === undefined)).toBe(true);
    expect(await shelf.putIf([write("3")], "1", (found) => found?.user !== "fen")).toBe(false);
    expect((await shelf.all()).map((one) => one.key)).toEqual(["1", "2"]);
    await shelf.drop((one) => one.key === "1");
    expect((await shelf.all()).map((one) => one.key)).toEqual(["2"]);
  });

  it("is one in memory where the browser's never answers", async () => {
    vi.useFakeTimers();
    databases().isSilent = true;
    const opening = openShelf();
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await opening).lasts).toBe(false);
  });

  it("takes and gives nothing while the database does not answer, and says so", async () => {
    vi.useFakeTimers();
    const browser = databases();
    const shelf = await openShelf();
    browser.isSilent = true;
    const asked = Promise.allSettled([shelf.all(), shelf.put([write("1")]), shelf.remove("1")]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await asked).map((one) => one.status)).toEqual(["rejected", "rejected", "rejected"]);
    browser.isSilent = false;
    await shelf.put([write("2")]);
    expect((await shelf.all()).map((one) => one.key)).toEqual(["2"]);
  });

  it("is one in memory where the browser has none", async () => {
    const shelf = await openShelf();
    await shelf.put([write("1")]);
    expect([shelf.lasts, (await shelf.all()).length]).toEqual([false, 1]);
  });
});
