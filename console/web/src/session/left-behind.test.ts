import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { signOut, type Session } from "./session";

const AYSE: Session = {
  user: "1001",
  role: "agent",
  csrf: "c",
  name: "",
  unit: null,
  extension: "1001",
  pages: [],
  by_password: true,
  password_due: false,
};

let kept: Map<string, string>;
let status = 204;

beforeEach(() => {
  kept = new Map([
    ["cozum.drafts.1001", "[]"],
    ["cozum.password-later", "1001"],
    ["cozum.drafts.1001.kept", "{}"],
    ["cozum.token", "t"],
  ]);
  vi.stubGlobal("sessionStorage", {
    get length() {
      return kept.size;
    },
    key: (place: number) => [...kept.keys()][place] ?? null,
    removeItem: (name: string) => void kept.delete(name),
  });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status })));
});

afterEach(() => vi.unstubAllGlobals());

it("leaves no form in the tab, whichever page is signed out of", async () => {
  status = 204;
  await signOut(AYSE);
  expect([...kept.keys()]).toEqual(["cozum.token"]);
});

it("leaves the forms where the sign-out was refused", async () => {
  status = 503;
  await expect(signOut(AYSE)).rejects.toThrow();
  expect(kept.has("cozum.drafts.1001")).toBe(true);
});
