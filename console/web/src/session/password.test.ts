import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { changePassword, NotChanged } from "./password";
import type { Session } from "./session";

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
let sent: [string, unknown][];
let answer: () => Response;

beforeEach(() => {
  present = MINE;
  sent = [];
  answer = () => Response.json({ ...MINE, csrf: "new" });
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) => {
    if (!present) return Promise.resolve(new Response(null, { status: 401 }));
    if (init?.method === "GET") return Promise.resolve(Response.json(present));
    if (new Headers(init?.headers).get("X-CSRF-Token") !== present.csrf) {
      return Promise.resolve(new Response(null, { status: 403 }));
    }
    sent.push([path, JSON.parse(init?.body as string)]);
    return Promise.resolve(answer());
  });
});
afterEach(() => vi.unstubAllGlobals());

const BODY = { old_password: "before", password: "after" };

it("gives the session that goes on", async () => {
  expect((await changePassword(MINE, "before", "after")).csrf).toBe("new");
  expect(sent).toEqual([["/api/v1/session/password", BODY]]);
});

it("is asked once more where another tab has begun another session of the same person", async () => {
  present = { ...MINE, csrf: "of another tab" };
  await changePassword(MINE, "before", "after");
  expect(sent).toEqual([["/api/v1/session/password", BODY]]);
  present = { ...MINE, user: "1001", csrf: "of another person" };
  await expect(changePassword(MINE, "before", "after")).rejects.toMatchObject({ status: 403 });
  expect(sent).toHaveLength(1);
});

it("names the field that is wrong, and the rule", async () => {
  answer = () =>
    Response.json(
      { key: "password", allowed: { rule: "length", shortest: 10, longest: 256 } },
      { status: 422, headers: { "Retry-After": "4" } },
    );
  const refused = await changePassword(MINE, "before", "after").catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(NotChanged);
  expect(refused).toMatchObject({ status: 422, retryAfter: 4, key: "password", rule: "length", shortest: 10 });
});

it("has come to nothing without an answer that can be read", async () => {
  answer = () => new Response("<html>", { status: 502 });
  await expect(changePassword(MINE, "before", "after")).rejects.toMatchObject({ status: 502, key: "", rule: null });
  present = null;
  await expect(changePassword(MINE, "before", "after")).rejects.toMatchObject({ status: 401 });
});
