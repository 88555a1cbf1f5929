import { afterEach, expect, test, vi } from "vitest";

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

test("a desk that is away, or being started, says nothing of a release", async () => {
  const release = new Release(OWN, "/unit");
  release.doubt();
  serves(() => Promise.reject(new TypeError("away")));
  expect(await release.isCurrent()).toBe(true);
  serves(() => Promise.resolve(new Response("not built", { status: 503 })));
  expect([await release.isCurrent(), release.isOld, asked]).toEqual([true, false, 1]);
});
