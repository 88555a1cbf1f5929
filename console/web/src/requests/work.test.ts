import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Api } from "../api/api";
import type { Person } from "../session/person.svelte";
import { page } from "../text/page.svelte";
import type { Wish } from "./outbox.svelte";
import { MemoryShelf } from "./shelf";
import type { Whole } from "./types";
import { Work } from "./work.svelte";

const NUMBER = "26-000001-1";
const ACCEPT: Wish = { number: NUMBER, what: "accept", path: "/moves", to: "accepted", base: 1 };

function whole(version: number, state: Whole["state"]): Whole {
  return { number: NUMBER, version, state, unit: "fen_isleri" } as Whole;
}

/** Work whose readings of the request are answered when the test does, of a page that may be of another release. */
function made(
  shelf?: MemoryShelf,
  isCurrent: boolean | null = true,
): { work: Work; readings: ((found: Whole) => void)[]; asked: string[] } {
  const readings: ((found: Whole) => void)[] = [];
  const asked: string[] = [];
  const api = {
    get: (path: string) => {
      if (!path.startsWith("/tickets/26")) return Promise.resolve([]);
      asked.push(path.split("?")[1] ?? "");
      return new Promise<Whole>((resolve) => readings.push(resolve));
    },
    page: () => {
      asked.push("list");
      return Promise.resolve({ body: [], next: "" });
    },
    send: (_: string, path: string) => {
      asked.push(path);
      return Promise.resolve({ body: whole(2, "accepted"), etag: "" });
    },
  } as unknown as Api;
  const person = { user: "fen", role: "unit", unit: "fen_isleri", api } as Person;
  const release = { doubt: () => undefined, isCurrent: () => Promise.resolve(isCurrent) };
  return { work: new Work(person, { release, ...(shelf ? { shelf } : {}) }), readings, asked };
}

function lasting(): MemoryShelf {
  return Object.assign(new MemoryShelf(), { lasts: true });
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { visibilityState: "visible", addEventListener: vi.fn(), removeEventListener: vi.fn() });
  vi.stubGlobal("addEventListener", vi.fn());
  vi.stubGlobal("removeEventListener", vi.fn());
});

afterEach(() => {
  page.language = "tr";
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a write", () => {
  it("that is made before the browser has opened its store waits for that", async () => {
    const opening = { onerror: () => undefined, error: null };
    vi.stubGlobal("indexedDB", { open: () => opening });
    const { work } = made();
    const end = work.begin();
    const came = work.write([ACCEPT]);
    opening.onerror(); // the browser gives none: they live as long as the page
    expect(await came).toMatchObject({ kind: "done", sent: 1 });
    end();
  });

  it("is sent, if the browser never opens its store", async () => {
    vi.stubGlobal("indexedDB", { open: () => ({}) });
    const { work } = made();
    const end = work.begin();
    const came = work.write([ACCEPT]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await came).toMatchObject({ kind: "done", sent: 1 });
    end();
  });

  it("is not undone by an answer to an older question", async () => {
    const { work, readings } = made(new MemoryShelf());
    const end = work.begin();
    const first = work.open(NUMBER);
    const second = work.open(NUMBER, true);
    readings[0]?.(whole(1, "assigned"));
    await first;
    expect(await work.write([ACCEPT])).toMatchObject({ kind: "done" });
    expect(work.whole?.state).toBe("accepted");
    readings[1]?.(whole(1, "assigned"));
    await second;
    expect([work.whole?.state, work.missing]).toEqual(["accepted", ""]);
    end();
  });

  it("is seen in the request that is open by a number without strokes", async () => {
    const { work, readings } = made(new MemoryShelf());
    const end = work.begin();
    const opened = work.open(NUMBER.replaceAll("-", ""));
    readings[0]?.(whole(1, "assigned"));
    await opened;
    expect(await work.write([ACCEPT])).toMatchObject({ kind: "done" });
    expect([work.number, work.whole?.state]).toEqual([NUMBER, "accepted"]);
    end();
  });
});

describe("a switch of the language", () => {
  it("reads nothing again, neither then nor after a write: the audit names each reading", async () => {
    const { work, readings } = made(new MemoryShelf());
    const end = work.begin();
    const opened = work.open(NUMBER);
    readings[0]?.(whole(1, "assigned"));
    await opened;
    page.language = "en";
    await work.refresh();
    expect(await work.write([ACCEPT])).toMatchObject({ kind: "done" });
    await work.refresh();
    expect([work.whole?.state, readings.length]).toEqual(["accepted", 1]);
    end();
  });
});

describe("a page of an older release", () => {
  const note: Wish = { number: NUMBER, what: "note", path: "/notes", base: 1 };

  it("leaves to the new one what lies in the browser's store", async () => {
    const { work, asked } = made(lasting(), false);
    const end = work.begin();
    expect(await work.write([ACCEPT])).toMatchObject({ kind: "waiting" });
    expect([asked, work.holdsUnkept]).toEqual([[], false]);
    end();
  });

  it("sends nothing while it cannot ask whether it is one: the desk may be back a moment later", async () => {
    const { work, asked } = made(lasting(), null);
    const end = work.begin();
    expect(await work.write([ACCEPT])).toMatchObject({ kind: "waiting" });
    expect([asked, work.outbox?.away]).toEqual([[], true]);
    await work.refresh(); // asks the desk all the same, so that it is found once it is back
    expect(asked).toEqual(["list"]);
    end();
  });

  it("sends what the store did not take, and what was written before it", async () => {
    const shelf = lasting();
    const { work, asked } = made(shelf, false);
    const end = work.begin();
    await work.write([ACCEPT]);
    const put = vi.spyOn(shelf, "put").mockRejectedValue(new DOMException("full", "QuotaExceededError"));
    expect(await work.write([note])).toMatchObject({ kind: "done" });
    expect(asked).toEqual([`/tickets/${NUMBER}/moves`, `/tickets/${NUMBER}/notes`]);
    put.mockRestore();
    expect(await work.write([ACCEPT])).toMatchObject({ kind: "waiting" });
    expect([asked.length, work.holdsUnkept]).toEqual([2, false]);
    end();
  });

  it("sends all where the browser has no store, and says before that that it would be gone with the page", async () => {
    const { work } = made(new MemoryShelf(), false);
    const held: boolean[] = [];
    vi.spyOn(work.api, "send").mockImplementation(() => {
      held.push(work.holdsUnkept);
      return Promise.resolve({ body: whole(2, "accepted"), etag: "" } as never);
    });
    const end = work.begin();
    expect(await work.write([ACCEPT])).toMatchObject({ kind: "done" });
    expect([held, work.holdsUnkept]).toEqual([[true], false]);
    end();
  });
});
