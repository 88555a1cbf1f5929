// The backend's clock as a page knows it: it is told with each state, and a state may be long on its way.
import { afterEach, expect, it, vi } from "vitest";
import type { Listener } from "./stream";
import type { LiveState } from "./view";

const listeners: Listener[] = [];
vi.mock("./stream", () => ({ follow: (_: unknown, listener: Listener) => listeners.push(listener) }));
const { Live } = await import("./live.svelte");

afterEach(() => vi.useRealTimers());

function at(ms: number): LiveState {
  return { at: new Date(ms).toISOString() } as LiveState;
}

it("takes no step back when a state is late: a caller who is over the target stays so, and a silenced alarm silent", () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const live = new Live();
  live.start(null, { refused: () => undefined });
  listeners.at(-1)?.state(at(1_000_000));
  vi.setSystemTime(1_010_000);
  listeners.at(-1)?.state(at(1_007_000)); // three seconds on its way
  expect(Date.now() + live.offset).toBe(1_010_000);
});

it("knows the clock by the states of the last half minute, also over a loss of the connection", () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const live = new Live();
  live.start(null, { refused: () => undefined });
  listeners.at(-1)?.state(at(1_000_000));
  listeners.at(-1)?.lost();
  vi.advanceTimersByTime(5_000);
  listeners.at(-1)?.state(at(1_003_000));
  expect(live.offset).toBe(0);
  vi.advanceTimersByTime(26_000);
  listeners.at(-1)?.state(at(1_029_000)); // what was quickest is older than that
  expect(live.offset).toBe(-2_000);
});

it("follows a clock that was set", () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const live = new Live();
  live.start(null, { refused: () => undefined });
  listeners.at(-1)?.state(at(1_000_000));
  listeners.at(-1)?.state(at(940_000));
  expect(live.offset).toBe(-60_000);
  listeners.at(-1)?.state(at(1_060_000));
  expect(live.offset).toBe(60_000);
});
