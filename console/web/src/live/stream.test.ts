import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { follow } from "./stream";

const listener = { state: vi.fn(), lost: vi.fn(), refused: vi.fn() };

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("asks again as late as the backend says, and hears then that nobody is signed in", async () => {
  const answers = [
    new Response(null, { status: 429, headers: { "Retry-After": "30" } }),
    new Response(null, { status: 401 }),
  ];
  const asked = vi.fn(() => Promise.resolve(answers.shift()));
  vi.stubGlobal("fetch", asked);
  const over = follow(null, listener, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(29_999);
  expect([asked.mock.calls.length, listener.lost.mock.calls.length]).toEqual([1, 1]);
  await vi.advanceTimersByTimeAsync(1);
  await over;
  expect([asked.mock.calls.length, listener.refused.mock.calls.length]).toEqual([2, 1]);
});
