import { afterEach, describe, expect, it, vi } from "vitest";

import { cameFrom, goTo, ledTo, outcomeIn } from "./openid";
import type { Session } from "./session";

const LEAD: Session = {
  user: "x",
  role: "lead",
  csrf: "c",
  name: "",
  unit: null,
  extension: null,
  pages: ["/lead", "/wall"],
  by_password: true,
  password_due: false,
};

afterEach(() => vi.unstubAllGlobals());

describe("what a sign-in came to", () => {
  it("is one of the words that there are", () => {
    expect(outcomeIn("?openid=away")).toBe("away");
    expect(outcomeIn("?openid=https://elsewhere.example")).toBeNull();
    expect(outcomeIn("")).toBeNull();
  });
});

describe("somebody who comes back from the provider", () => {
  it("is led to the page that they came from, or to their desk, and to no page that is not theirs", () => {
    expect(ledTo(LEAD, "/wall")).toBe("/wall");
    expect(ledTo(LEAD, "/")).toBe("/lead");
    expect(ledTo(LEAD, "https://elsewhere.example/")).toBe("/lead");
    expect(ledTo(LEAD, "/admin")).toBe("/lead");
  });

  it("is led to what the page showed when they went", () => {
    const kept = new Map<string, string>();
    vi.stubGlobal("sessionStorage", {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
      removeItem: (key: string) => kept.delete(key),
    });
    const gone: string[] = [];
    vi.stubGlobal("location", { pathname: "/wall", hash: "#26-000123-3", assign: (to: string) => gone.push(to) });
    goTo("https://provider.example/begin");
    expect(gone).toEqual(["https://provider.example/begin"]);
    expect(ledTo(LEAD, cameFrom())).toBe("/wall#26-000123-3");
    expect(cameFrom()).toBeNull();
    expect(ledTo(LEAD, "/admin#/wall")).toBe("/lead");
  });

  it("stays where they came back to in a tab of its own: the page before goes on in the other", () => {
    expect(ledTo(LEAD, null)).toBeNull();
  });
});
