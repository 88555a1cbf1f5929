import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { deliver } from "../requests/deliver";
import type { Write } from "../requests/outbox.svelte";
import { NotSignedIn, whoAmI } from "../session/session";
import { ask } from "../status/request";
import { isForGood, isSignedOut, NoAccount, openDemoAccount } from "../telephone/account";
import { openAgentAccount } from "../telephone/agent-account";
import { Api, Refused } from "./api";
import { ANSWER_MS, deadlineOf, FILE_MS, SLOW_MS } from "./deadlines";

const renew = vi.fn<() => Promise<boolean>>();
const over = vi.fn();
let word = "word";
const api = new Api({ csrf: () => word, renew, over });

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
  word = "word";
  vi.clearAllMocks();
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

describe("what is asked by the cookie before", () => {
  let asked: number;

  beforeEach(() => {
    asked = 0;
    vi.stubGlobal("fetch", () => {
      asked += 1;
      const goesOn = word === "new" && asked > 1;
      return Promise.resolve(goesOn ? Response.json([]) : Response.json({}, { status: 401 }));
    });
  });

  it("is asked once more where the session goes on: the password was changed meanwhile", async () => {
    renew.mockImplementation(() => Promise.resolve((word = "new") === "new"));
    expect(await api.get("/tickets")).toEqual([]);
    expect([asked, over.mock.calls.length]).toEqual([2, 0]);
  });

  it("tells that the session is over where it is, or where the desk does not say", async () => {
    for (const answer of [() => Promise.resolve(false), () => Promise.reject(new NotSignedIn(429, 9))]) {
      renew.mockImplementation(answer);
      await expect(api.get("/tickets")).rejects.toMatchObject({ status: 401 });
    }
    expect([asked, over.mock.calls.length]).toEqual([2, 2]);
  });

  it("is not asked again where the page knows already that it is over", async () => {
    word = "";
    await expect(api.get("/tickets")).rejects.toMatchObject({ status: 401 });
    expect([asked, renew.mock.calls.length]).toEqual([1, 0]);
  });
});

describe("a write by a word that is another session's", () => {
  const refusal = { key: "x-csrf-token", detail: "x-csrf-token: missing or another session's" };
  let carried: (string | null)[];

  beforeEach(() => {
    carried = [];
    vi.stubGlobal("fetch", (_: string, init?: RequestInit) => {
      const sent = new Headers(init?.headers).get("X-CSRF-Token");
      carried.push(sent);
      return Promise.resolve(sent === "new" ? Response.json({ done: true }) : Response.json(refusal, { status: 403 }));
    });
  });

  it("is sent once more by the word of the session that the same person has begun in another tab", async () => {
    renew.mockImplementation(() => Promise.resolve((word = "new") === "new"));
    expect((await api.send("POST", "/tickets", {})).body).toEqual({ done: true });
    expect(await (await api.sound("/prompts/tr/welcome/check", new Blob(["x"]))).text()).toContain("done");
    expect([carried, over.mock.calls.length]).toEqual([["word", "new", "new"], 0]);
  });

  it("is not repeated for ever", async () => {
    renew.mockImplementation(() => Promise.resolve((word += ".") !== ""));
    await expect(api.send("POST", "/tickets", {})).rejects.toMatchObject({ status: 403, key: "x-csrf-token" });
    expect(carried).toEqual(["word", "word."]);
  });

  it("is refused as it was where the session is the one before: it is not for this person", async () => {
    renew.mockResolvedValue(true);
    await expect(api.send("POST", "/surge", {})).rejects.toMatchObject({ status: 403, action: "POST /surge" });
    expect([carried, over.mock.calls.length]).toEqual([["word"], 0]);
  });

  it("tells that the session is over where there is none, or another person's", async () => {
    renew.mockResolvedValue(false);
    await expect(api.send("POST", "/tickets", {})).rejects.toMatchObject({ status: 401 });
    expect([carried.length, over.mock.calls.length]).toEqual([1, 1]);
  });

  it("ends as without an answer where the desk does not say whose session it is", async () => {
    for (const status of [0, 429, 503]) {
      renew.mockRejectedValue(new NotSignedIn(status, 0));
      await expect(api.send("POST", "/tickets", {})).rejects.toMatchObject({ status });
    }
    expect(over).not.toHaveBeenCalled();
  });

  it("waits in the outbox until its person is signed in again", async () => {
    const write = { number: "26-000001-1", path: "/notes", base: 1, key: "k", body: {} } as Write;
    renew.mockResolvedValue(false);
    expect(await deliver(api, write)).toEqual({ kind: "away" });
    word = "new";
    expect(await deliver(api, write)).toMatchObject({ kind: "done" });
  });

  it("of an amendment is a PATCH of its request, and what is wrong in it is named", async () => {
    const asked: [string, string | undefined][] = [];
    vi.stubGlobal("fetch", (path: string, init?: RequestInit) => {
      asked.push([path, init?.method]);
      return Promise.resolve(
        Response.json({ key: "topic", detail: "topic: no such", code: "unknown" }, { status: 422 }),
      );
    });
    const write: Write = {
      ...{ number: "26-000001-1", what: "amend", path: "", base: 1, body: { topic: "x" } },
      ...{ key: "k", user: "fen", at: 1, why: "" },
      method: "PATCH",
      standing: "waiting",
    };
    expect(await deliver(api, write)).toMatchObject({ kind: "refused", wrong: "topic" });
    expect(asked).toEqual([["/api/v1/tickets/26-000001-1", "PATCH"]]);
  });

  it("costs an agent's telephone no account, and is told as a session that is over where it is one", async () => {
    renew.mockResolvedValueOnce(false);
    const refused = await openAgentAccount(api, "1001", true).catch((error: unknown) => error);
    expect([isForGood(refused), isSignedOut(refused)]).toEqual([true, true]);
    renew.mockImplementation(() => Promise.resolve((word = "new") === "new"));
    expect(await openAgentAccount(api, "1001", true)).toEqual({ done: true });
  });
});

it("waits longer than the backend may take", () => {
  expect(deadlineOf("/tickets/duplicates?q=1")).toBe(ANSWER_MS);
  expect(deadlineOf("/tickets/import")).toBe(SLOW_MS);
  expect(deadlineOf("/prompts/tr/welcome/check", true)).toBe(FILE_MS);
});
