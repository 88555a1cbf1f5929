import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { Person } from "../session/person.svelte";
import { LeadDesk } from "./lead-desk.svelte";

vi.mock("../live/stream", () => ({ follow: () => () => undefined }));

let kept: Map<string, string>;

beforeEach(() => {
  kept = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  });
  vi.stubGlobal(
    "AudioContext",
    class extends EventTarget {
      state = "running";
      resume = () => Promise.resolve();
    },
  );
});
afterEach(() => vi.unstubAllGlobals());

it("keeps in the browser whether alarms are to be heard", () => {
  const desk = () => new LeadDesk({ api: {} } as unknown as Person);
  const first = desk();
  expect(first.soundOn).toBe(false);
  first.toggleSound();
  expect([first.soundOn, desk().soundOn]).toEqual([true, true]);
  first.toggleSound();
  expect(desk().soundOn).toBe(false);
});
