import { beforeEach, describe, expect, it, vi } from "vitest";

import { Api } from "../api/api";
import { toasts } from "./toasts.svelte";

const texts = () => toasts.shown.map((toast) => [toast.text, toast.times]);

beforeEach(() => {
  toasts.shown = [];
});

describe("a toast", () => {
  it("that is said again is announced again, once, with how often", () => {
    toasts.say("not saved", "wrong");
    const first = toasts.shown[0]?.id;
    toasts.say("saved", "good");
    toasts.say("not saved", "wrong");
    expect(texts()).toEqual([
      ["saved", 1],
      ["not saved", 2],
    ]);
    expect(toasts.shown[1]?.id).not.toBe(first); // another element: a screen reader reads it
  });

  it("that went away begins to count anew", () => {
    toasts.say("not saved", "wrong");
    toasts.dismiss(toasts.shown[0]?.id ?? 0);
    toasts.say("not saved", "wrong");
    expect(texts()).toEqual([["not saved", 1]]);
  });

  it("that is renewed stays its whole time", () => {
    vi.useFakeTimers();
    toasts.say("saved", "good");
    vi.advanceTimersByTime(5_000);
    toasts.say("saved", "good");
    vi.advanceTimersByTime(5_000);
    expect(texts()).toEqual([["saved", 2]]);
    vi.advanceTimersByTime(1_000);
    expect(toasts.shown).toEqual([]);
    vi.useRealTimers();
  });

  it("about what is wrong goes after a while, and an action's failure stays", () => {
    vi.useFakeTimers();
    toasts.say("the line is busy", "wrong");
    toasts.say("not saved", "wrong", "POST /tickets");
    vi.advanceTimersByTime(29_000);
    expect(texts()).toEqual([
      ["the line is busy", 1],
      ["not saved", 1],
    ]);
    vi.advanceTimersByTime(600_000);
    expect(texts()).toEqual([["not saved", 1]]);
    vi.useRealTimers();
  });

  it("about a failure goes when the same is done after all", async () => {
    const api = new Api({ csrf: () => "", renew: () => Promise.resolve(false), over: () => undefined });
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("{}")));
    toasts.say("the state was not set", "wrong", "POST /agents/1001/state");
    toasts.say("not saved", "wrong", "POST /tickets");
    await api.send("POST", "/tickets", {});
    expect(texts()).toEqual([["the state was not set", 1]]);
    vi.unstubAllGlobals();
  });
});
