import { afterEach, describe, expect, it, vi } from "vitest";

import { NotSignedIn, whoAmI } from "../session/session";
import { ask } from "../status/request";
import { NoAccount, openDemoAccount } from "../telephone/account";
import { Api, Refused } from "./api";
import { ANSWER_MS, deadlineOf, FILE_MS, SLOW_MS } from "./deadlines";

const api = new Api(
  () => "word",
  () => undefined,
);

/** A network that swallows everything: what is asked ends with its signal alone. Gives the deadlines, and what ends them. */
function blackHole(): { deadlines: number[]; over: () => void } {
  const ends = new AbortController();
  const deadlines: number[] = [];
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    deadlines.push(ms);
    return ends.signal;
  });
  vi.stubGlobal("fetch", (_: string, init?: RequestInit) => never(init?.signal));
  return { deadlines, over: () => ends.abort(new DOMException("too late", "TimeoutError")) };
}

function never(signal: AbortSignal | null | undefined): Promise<Response> {
  return new Promise((_, failed) => signal?.addEventListener("abort", () => failed(signal.reason as Error)));
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("on a network that swallows everything", () => {
  it.each([
    ["a write", () => api.send("POST", "/tickets", {}), ANSWER_MS, Refused],
    ["a file", () => api.send("POST", "/tickets/1/files", new Blob(["x"])), FILE_MS, Refused],
    ["what takes the backend long", () => api.send("PUT", "/surge", {}), SLOW_MS, Refused],
    ["a telephone's account", () => openDemoAccount(), ANSWER_MS, NoAccount],
    ["who is signed in", () => whoAmI(), ANSWER_MS, NotSignedIn],
  ])("%s ends as without a network", async (_, work, deadline, kind) => {
    const { deadlines, over } = blackHole();
    const ended = work().catch((error: unknown) => error);
    await Promise.resolve();
    over();
    const error = await ended;
    expect(error).toBeInstanceOf(kind);
    expect((error as { status: number }).status).toBe(0);
    expect(deadlines).toEqual([deadline]);
  });

  it("a citizen is told that we are away", async () => {
    const { over } = blackHole();
    const ended = ask({ code: "1" });
    over();
    expect(await ended).toBe("away");
  });

  it("an answer that does not come whole is none", async () => {
    const body = new ReadableStream({ start: (stream) => stream.error(new DOMException("too late", "TimeoutError")) });
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(body)));
    await expect(api.get("/tickets")).rejects.toMatchObject({ status: 0, action: "GET /tickets" });
  });
});

it("waits longer than the backend may take", () => {
  expect(deadlineOf("/tickets/duplicates?q=1")).toBe(ANSWER_MS);
  expect(deadlineOf("/tickets/import")).toBe(SLOW_MS);
  expect(deadlineOf("/prompts/tr/welcome/check", true)).toBe(FILE_MS);
});
