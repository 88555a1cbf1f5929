import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Shell } from "./shell";

const HERE = "https://desk";
const SHELL: Shell = { page: "/unit", version: "v2", files: ["/assets/unit-a.js"] };
const PAGE = `<script src="${SHELL.files[0]}"></script>`;
/** It is of the worker's own types, which this page's do not know. */
const WORKER: string = "./unit-worker";

type Listener = (event: object) => void;

/** The browser's store: it has this by path, or it breaks, or it never answers. */
const store = { has: new Map<string, string>(), is: "whole" as "whole" | "broken" | "full" | "silent" | "slow" };
/** What the network has; null: it never answers. */
let network: ((path: string) => Promise<Response>) | null;
let listeners: Record<string, Listener>;

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

function served(words: string, status = 200): Response {
  const answer = new Response(words, { status });
  return Object.defineProperties(answer, { type: { value: "basic" }, clone: { value: () => served(words, status) } });
}

const opened = {
  addAll: (paths: string[]) => Promise.resolve(paths.forEach((path) => store.has.set(path, `kept ${path}`))),
  match: (path: string) => {
    const found = store.has.get(path);
    return Promise.resolve(found === undefined ? undefined : served(found));
  },
  put: async (path: string, answer: Response) => {
    if (store.is === "full") throw new DOMException("full", "QuotaExceededError");
    store.has.set(path, await answer.text());
  },
};

beforeEach(async () => {
  vi.useFakeTimers();
  vi.resetModules();
  [store.is, listeners, network] = ["whole", {}, null];
  store.has.clear();
  vi.stubGlobal("COZUM_SHELL", SHELL);
  vi.stubGlobal("self", {
    location: { origin: HERE },
    addEventListener: (name: string, told: Listener) => (listeners[name] = told),
    skipWaiting: () => Promise.resolve(),
  });
  vi.stubGlobal("caches", {
    open: () => {
      if (store.is === "broken") return Promise.reject(new DOMException("broken", "UnknownError"));
      if (store.is === "silent") return never();
      if (store.is === "slow") return new Promise((resolve) => setTimeout(() => resolve(opened), 4_000));
      return Promise.resolve(opened);
    },
  });
  vi.stubGlobal("fetch", (asked: string | { url: string }) => {
    return network ? network(typeof asked === "string" ? asked : new URL(asked.url).pathname) : never();
  });
  await import(/* @vite-ignore */ WORKER);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** What the worker answers: its words, or "error", or "nothing" if it has not answered after so many seconds. */
async function answers(path: string, within_s: number): Promise<string> {
  let answer: Promise<Response> = never();
  let words = "nothing";
  const work: Promise<unknown>[] = [];
  listeners.fetch?.({
    request: { method: "GET", mode: path === SHELL.page ? "navigate" : "cors", url: HERE + path },
    respondWith: (given: Promise<Response>) => (answer = given),
    waitUntil: (given: Promise<unknown>) => work.push(given),
  });
  answer.then(
    async (one) => (words = await one.text()),
    () => (words = "error"),
  );
  await vi.advanceTimersByTimeAsync(within_s * 1000);
  return words;
}

/** How its installation ended. */
async function install(): Promise<string> {
  let ended: Promise<unknown> = never();
  listeners.install?.({ waitUntil: (given: Promise<unknown>) => (ended = given) });
  return ended.then(
    () => "installed",
    () => "stays out",
  );
}

const here = (path: string): Promise<Response> =>
  Promise.resolve(served(path === SHELL.page ? PAGE : `network ${path}`));
const away = (): Promise<Response> => Promise.reject(new TypeError("away"));
const [FILE = ""] = SHELL.files;

describe("with a network", () => {
  beforeEach(() => (network = here));

  it("the page comes from it and is kept, and its files come from the store", async () => {
    expect(await install()).toBe("installed");
    store.has.delete(SHELL.page);
    expect(await answers(SHELL.page, 0)).toBe(PAGE);
    expect(store.has.get(SHELL.page)).toBe(PAGE);
    expect(await answers(FILE, 0)).toBe(`kept ${FILE}`);
  });

  it.each(["broken", "full"] as const)("a store that is %s keeps nobody from the page", async (how) => {
    store.is = how;
    expect([await answers(SHELL.page, 0), await answers(FILE, 0)]).toEqual([PAGE, `network ${FILE}`]);
    network = () => Promise.resolve(served("being started", 503));
    expect(await answers(SHELL.page, 0)).toBe("being started");
  });

  it("a store that never answers holds up the page not at all, and a file for a second", async () => {
    store.is = "silent";
    expect([await answers(SHELL.page, 0), await answers(FILE, 1)]).toEqual([PAGE, `network ${FILE}`]);
    network = () => Promise.resolve(served("being started", 503));
    expect(await answers(SHELL.page, 10)).toBe("being started");
  });

  it("a release is not installed by a store that fails, nor from another release's page", async () => {
    for (const how of ["broken", "full"] as const) {
      store.is = how;
      expect(await install()).toBe("stays out");
    }
    store.is = "whole";
    network = () => Promise.resolve(served('<script src="/assets/unit-new.js"></script>'));
    expect(await install()).toBe("stays out");
  });
});

describe("without a network", () => {
  beforeEach(() => {
    network = away;
    store.has.set(SHELL.page, "kept page").set(FILE, "kept file");
  });

  it("all comes from the store, also where the store is slow", async () => {
    expect([await answers(SHELL.page, 0), await answers(FILE, 0)]).toEqual(["kept page", "kept file"]);
    store.is = "slow";
    expect([await answers(SHELL.page, 4), await answers(FILE, 4)]).toEqual(["kept page", "kept file"]);
  });

  it("a network that hangs is waited for three seconds, and a page that breaks off is none", async () => {
    network = null;
    expect([await answers(SHELL.page, 2.9), await answers(SHELL.page, 3)]).toEqual(["nothing", "kept page"]);
    network = () => {
      const broken = served("");
      return Promise.resolve(Object.assign(broken, { clone: () => ({ text: away }) }));
    };
    expect(await answers(SHELL.page, 0)).toBe("kept page");
  });

  it.each(["broken", "silent"] as const)("a store that is %s has nothing, and the browser says so", async (how) => {
    store.is = how;
    expect([await answers(SHELL.page, 10), await answers(FILE, 10)]).toEqual(["error", "error"]);
  });
});
