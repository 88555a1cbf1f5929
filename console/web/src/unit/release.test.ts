import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";

import { Release } from "./release.svelte";

const OWN = "/assets/unit-abc.js";
let asked = 0;

function serves(answer: () => Promise<Response>): void {
  asked = 0;
  vi.stubGlobal("fetch", () => {
    asked += 1;
    return answer();
  });
}

afterEach(() => vi.unstubAllGlobals());

test("a page asks for its release once it is in doubt, and until the desk says", async () => {
  const release = new Release(OWN, "/unit");
  serves(() => Promise.resolve(new Response(`<script src="${OWN}"></script>`)));
  expect([await release.isCurrent(), asked]).toEqual([true, 0]);
  release.doubt();
  expect(await Promise.all([release.isCurrent(), release.isCurrent()])).toEqual([true, true]);
  expect([await release.isCurrent(), asked]).toEqual([true, 1]);
});

test("a page that is not of the desk's release does not go on", async () => {
  const release = new Release(OWN, "/unit");
  release.doubt();
  serves(() => Promise.resolve(new Response(`<script src="/assets/unit-def.js"></script>`)));
  expect([await release.isCurrent(), release.isOld]).toEqual([false, true]);
  expect([await release.isCurrent(), asked]).toEqual([false, 1]);
});

test("a page that a worker may have kept asks first: the network may have been late for the page alone", async () => {
  vi.stubGlobal("navigator", { serviceWorker: { controller: {} } });
  const release = new Release(OWN, "/unit");
  serves(() => Promise.resolve(new Response(`<script src="/assets/unit-def.js"></script>`)));
  expect([await release.isCurrent(), release.isOld, asked]).toEqual([false, true, 1]);
  vi.stubGlobal("navigator", { serviceWorker: { controller: null } });
  const fresh = new Release(OWN, "/unit");
  expect([await fresh.isCurrent(), asked]).toEqual([true, 1]);
});

test("a desk that is away, or being started, says nothing of a release", async () => {
  const release = new Release(OWN, "/unit");
  release.doubt();
  serves(() => Promise.reject(new TypeError("away")));
  expect(await release.isCurrent()).toBe(null);
  serves(() => Promise.resolve(new Response("not built", { status: 503 })));
  expect([await release.isCurrent(), release.isOld, asked]).toEqual([null, false, 1]);
});

describe("a page that is loaded anew", () => {
  const reload = vi.fn();

  beforeEach(() => {
    const kept = new Map<string, string>();
    vi.stubGlobal("sessionStorage", {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => kept.set(name, value),
    });
    vi.stubGlobal("location", { reload });
    reload.mockReset();
  });

  it("goes on with its button where somebody stays, as the browser asks about what they write", async () => {
    const release = new Release(OWN, "/unit"); // a reload that somebody refuses returns, and the page is as it was
    await release.reload(() => true);
    expect([reload.mock.calls.length, release.isLoading, release.mayReload]).toEqual([1, false, false]);
    await release.reload(() => true);
    expect(reload).toHaveBeenCalledTimes(2);
  });

  it("stays where somebody has begun to write while the new release was installed", async () => {
    let installed = (): void => undefined;
    const worker = { state: "installing", addEventListener: (_: string, told: () => void) => (installed = told) };
    const registration = { installing: worker, update: () => Promise.resolve() };
    vi.stubGlobal("navigator", { serviceWorker: { getRegistration: () => Promise.resolve(registration) } });
    const release = new Release(OWN, "/unit");
    let writes = false;
    const going = release.reload(() => !writes);
    await vi.waitUntil(() => installed.name);
    expect(release.isLoading).toBe(true);
    writes = true;
    worker.state = "activated";
    installed();
    await going;
    expect([reload.mock.calls.length, release.isLoading, release.mayReload]).toEqual([0, false, true]);
  });
});
