import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { sessionOf, signIn, signOut, type Session } from "./session";

const MINE: Session = {
  user: "lead",
  role: "lead",
  csrf: "old",
  name: "",
  unit: null,
  extension: null,
  pages: [],
  by_password: true,
  password_due: false,
};

/** The session that the browser's cookie names; null: none. */
let present: Session | null;
let ended: string[];

beforeEach(() => {
  ended = [];
  vi.stubGlobal("sessionStorage", { length: 0 });
  vi.stubGlobal("fetch", (_: string, init?: RequestInit) => {
    if (!present) return Promise.resolve(new Response(null, { status: 401 }));
    if (init?.method === "GET" || init?.method === "POST") return Promise.resolve(Response.json(present));
    const is = new Headers(init?.headers).get("X-CSRF-Token") === present.csrf;
    if (is) ended.push(present.user);
    return Promise.resolve(new Response(null, { status: is ? 204 : 403 }));
  });
});
afterEach(() => vi.unstubAllGlobals());

it("is a person's still after they signed in in another tab, and no other person's", async () => {
  present = { ...MINE, csrf: "new" };
  expect(await sessionOf("lead")).toEqual(present);
  expect(await sessionOf("1001")).toBeNull();
  present = null;
  expect(await sessionOf("lead")).toBeNull();
});

it("is ended by a sign-out, also where another tab has begun it", async () => {
  present = { ...MINE, csrf: "new" };
  await signOut(MINE);
  expect(ended).toEqual(["lead"]);
});

it("is left alone where it is another person's, and the one that is over has ended", async () => {
  present = { ...MINE, user: "1001", csrf: "new" };
  await signOut(MINE);
  expect(ended).toEqual([]);
});

it("begins a second later at most where the browser's store hangs", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("indexedDB", { open: () => ({}) });
  present = MINE;
  let begun = false;
  void signIn("lead", "secret").then(() => (begun = true));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(begun).toBe(true);
  await vi.advanceTimersByTimeAsync(5_000); // the store is given up
  vi.useRealTimers();
});
