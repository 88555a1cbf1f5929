import { afterEach, expect, test, vi } from "vitest";

import { Refused } from "../api/api";
import { Person } from "./person.svelte";
import type { Session } from "./session";

afterEach(() => vi.unstubAllGlobals());

const SESSION: Session = {
  user: "fen",
  name: "Fen",
  role: "unit",
  unit: "fen_isleri",
  csrf: "c1",
  pages: ["/unit"],
  by_password: true,
  password_due: false,
};

function answering(session: Session): void {
  vi.stubGlobal("fetch", (path: string) =>
    Promise.resolve(
      path.endsWith("/session")
        ? Response.json(session)
        : Response.json({ detail: "not yours", key: "unit", code: "not_your_unit" }, { status: 403 }),
    ),
  );
}

test("a refusal leaves the same session as it is, and takes the one that another tab has begun", async () => {
  const person = new Person(SESSION);
  const before = person.session;
  answering({ ...SESSION });
  await expect(person.api.get("/tickets/26-000001-1")).rejects.toThrow(Refused);
  expect(person.session).toBe(before);
  answering({ ...SESSION, csrf: "c2" });
  await expect(person.api.get("/tickets/26-000001-1")).rejects.toThrow(Refused);
  expect(person.session?.csrf).toBe("c2");
});

test("a session that they have begun in another tab with another unit or role is none for this page", async () => {
  const person = new Person(SESSION);
  expect([SESSION, { ...SESSION, csrf: "c2" }].map((one) => person.has(one))).toEqual([true, true]);
  for (const change of [{ unit: "zabita" }, { role: "lead", unit: null }, { user: "park" }] as const) {
    const other: Session = { ...SESSION, csrf: "c2", ...change };
    expect(person.has(other)).toBe(false);
    person.session = SESSION;
    answering(other);
    await expect(person.api.get("/tickets/26-000001-1")).rejects.toThrow(Refused);
    expect(person.session).toBeNull();
  }
});

test("somebody whom the browser has remembered asks who is signed in before anything else", async () => {
  const asked: string[] = [];
  const answers = (session: Session | null): void => {
    vi.stubGlobal("fetch", (path: string) => {
      asked.push(path.replace("/api/v1", ""));
      if (path.endsWith("/session"))
        return Promise.resolve(session ? Response.json(session) : new Response(null, { status: 401 }));
      return Promise.resolve(Response.json([]));
    });
  };
  const remembered: Session = { ...SESSION, csrf: "" };
  const person = new Person(remembered);
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("away")));
  await expect(person.api.get("/tickets")).rejects.toMatchObject({ status: 0 });
  expect([person.isSure, person.session]).toEqual([false, remembered]);
  answers(SESSION);
  await person.api.get("/tickets");
  await person.api.get("/tickets");
  expect([asked, person.isSure]).toEqual([["/session", "/tickets", "/tickets"], true]);
  const other = new Person(remembered);
  asked.length = 0;
  answers({ ...SESSION, user: "park", csrf: "p" });
  await expect(other.api.send("POST", "/tickets/26-000001-1/moves", {})).rejects.toMatchObject({ status: 401 });
  expect([asked, other.session]).toEqual([["/session"], null]);
});
