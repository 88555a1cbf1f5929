import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Api } from "../api/api";
import type { Person } from "../session/person.svelte";
import type { Wish } from "./outbox.svelte";
import { MemoryShelf } from "./shelf";
import type { Whole } from "./types";
import { Work } from "./work.svelte";

const NUMBER = "26-000001-1";
const ACCEPT: Wish = { number: NUMBER, what: "accept", path: "/moves", to: "accepted", base: 1 };

function whole(version: number, state: Whole["state"]): Whole {
  return { number: NUMBER, version, state, unit: "fen_isleri" } as Whole;
}

/** Work whose readings of the request are answered when the test does. */
function made(shelf?: MemoryShelf): { work: Work; readings: ((found: Whole) => void)[] } {
  const readings: ((found: Whole) => void)[] = [];
  const api = {
    get: (path: string) =>
      path.startsWith("/tickets/26") ? new Promise<Whole>((resolve) => readings.push(resolve)) : Promise.resolve([]),
    page: () => Promise.resolve({ body: [], next: "" }),
    send: () => Promise.resolve({ body: whole(2, "accepted"), etag: "" }),
  } as unknown as Api;
  const person = { user: "fen", role: "unit", unit: "fen_isleri", api } as Person;
  return { work: new Work(person, shelf ? { shelf } : {}), readings };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { visibilityState: "visible", addEventListener: vi.fn(), removeEventListener: vi.fn() });
  vi.stubGlobal("addEventListener", vi.fn());
  vi.stubGlobal("removeEventListener", vi.fn());
});

afterEach(() => {
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
