import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Session } from "../session/session";
import { KeptWork } from "./kept";
import { KEPT_MS, leaveKept, openKept, type Kept } from "./kept-shelf";
import { MemoryShelf } from "./shelf";
import type { Ticket, Whole } from "./types";

const FEN: Session = {
  user: "fen",
  name: "Fen",
  role: "unit",
  unit: "fen_isleri",
  csrf: "secret",
  pages: ["/unit"],
  by_password: true,
  password_due: false,
};
const PARK: Session = { ...FEN, user: "park", unit: "park_bahceler", csrf: "other" };
const TICKETS = [{ number: "26-000001-1" }] as Ticket[];

let shelf: MemoryShelf<Kept>;
let now: number;

function work(): KeptWork {
  return new KeptWork(
    () => Promise.resolve(shelf),
    () => now,
  );
}

beforeEach(() => {
  shelf = new MemoryShelf<Kept>();
  now = 1_000_000_000;
});

describe("what a page shows", () => {
  it("is there for its person in the next page, without what would sign them in", async () => {
    const page = work();
    await page.keep(FEN, { town: { topics: [] } });
    await page.keep(FEN, { list: TICKETS });
    await page.keepRead(FEN, { number: "26-000001-1" } as Whole);
    const found = await work().recall();
    expect(found).toMatchObject({ tickets: TICKETS, read: [{ number: "26-000001-1" }], at: now, away: 0 });
    expect(found?.reader).toEqual({ user: "fen", name: "Fen", role: "unit", unit: "fen_isleri", pages: ["/unit"] });
    expect(JSON.stringify(await shelf.all())).not.toContain("secret");
    expect(await work().recall("park")).toBeNull();
  });

  it("is destroyed when it is too old, or another person's, or nobody is signed in", async () => {
    await work().keep(FEN, { list: TICKETS });
    now += KEPT_MS - 1;
    expect(await work().recall()).not.toBeNull();
    now += 1;
    expect(await work().recall()).toBeNull();
    expect(await shelf.all()).toEqual([]);
    vi.useFakeTimers({ now });
    await work().keep(FEN, { list: TICKETS });
    await leaveKept("fen", Promise.resolve(shelf));
    expect(await shelf.all()).toHaveLength(2);
    await leaveKept("park", Promise.resolve(shelf));
    expect(await shelf.all()).toEqual([]);
    await work().keep(FEN, { list: TICKETS });
    await leaveKept("", Promise.resolve(shelf));
    expect(await shelf.all()).toEqual([]);
    vi.useRealTimers();
  });

  it("is not kept where another person signs in while it is being put down", async () => {
    const page = work();
    await page.keep(FEN, { list: TICKETS });
    const put = shelf.putIf.bind(shelf);
    vi.spyOn(shelf, "putIf").mockImplementation(async (...asked) => {
      await leaveKept("park", Promise.resolve(shelf));
      return put(...asked);
    });
    expect(await page.keep(FEN, { list: TICKETS })).toBe(false);
    expect(await shelf.all()).toEqual([]);
  });

  it("is kept by no page of a person after whom another one has signed in", async () => {
    const [page, next] = [work(), work()];
    await page.keep(FEN, { list: TICKETS });
    await leaveKept("park", Promise.resolve(shelf));
    expect(await page.keep(FEN, { list: TICKETS })).toBe(false);
    expect(await shelf.all()).toEqual([]);
    await page.keep(FEN, { list: TICKETS }); // signed in again
    await leaveKept("park", Promise.resolve(shelf));
    await next.keep(PARK, { list: [] });
    expect(await page.keep(FEN, { list: TICKETS })).toBe(false);
    expect((await shelf.all()).map((one) => one.user)).toEqual(["park", "park"]);
  });

  it("is not kept by an answer that comes after its person has left", async () => {
    const page = work();
    await page.keep(FEN, { list: TICKETS });
    await page.forget();
    expect(await page.keep(FEN, { list: TICKETS })).toBe(false);
    expect(await shelf.all()).toEqual([]);
  });

  it("is of the requests in the list alone, and of the one that is open", async () => {
    const page = work();
    for (const number of ["a", "b", "c"]) await page.keepRead(FEN, { number } as Whole);
    await page.keep(FEN, { list: [] });
    await page.keepOnlyRead(["a", "c"]);
    expect((await work().recall())?.read.map((one) => one.number)).toEqual(["a", "c"]);
  });

  it("says since when the network is gone, unless the list came since", async () => {
    const page = work();
    await page.keep(FEN, { list: TICKETS });
    await page.away("fen", now + 5);
    expect((await work().recall())?.away).toBe(now + 5);
    now += 10;
    await page.keep(FEN, { list: TICKETS });
    expect((await work().recall())?.away).toBe(0);
  });
});

describe("the connection to it", () => {
  let opened: number;

  function browser(answer: "onsuccess" | "onerror"): void {
    vi.stubGlobal("indexedDB", {
      open: () => {
        opened += 1;
        const request: Record<string, unknown> = { result: {}, error: null };
        queueMicrotask(() => (request[answer] as () => void)());
        return request;
      },
    });
  }

  beforeEach(() => {
    opened = 0;
  });
  afterEach(() => vi.unstubAllGlobals());

  it("is one for the page, and tried anew where the browser gave none", async () => {
    browser("onerror");
    expect([(await openKept()).lasts, (await openKept()).lasts, opened]).toEqual([false, false, 2]);
    browser("onsuccess");
    const [one, other] = await Promise.all([openKept(), openKept()]);
    expect([one === other, one === (await openKept()), one.lasts, opened]).toEqual([true, true, true, 3]);
  });
});
