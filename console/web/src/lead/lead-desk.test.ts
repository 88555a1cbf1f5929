import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Refused } from "../api/api";
import type { Person } from "../session/person.svelte";
import { LeadDesk, type SurgeWish } from "./lead-desk.svelte";

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

it("puts a caller first while a message is being spoken, and speaks one message at a time", async () => {
  let spoken = (): void => undefined;
  const asked: string[] = [];
  const send = (method: string, path: string) => {
    asked.push(`${method} ${path}`);
    return path === "/surge" ? new Promise<object>((done) => (spoken = () => done({}))) : Promise.resolve({});
  };
  const get = () => Promise.reject(new Refused(401, "nobody"));
  const desk = new LeadDesk({ api: { send, get } } as unknown as Person);
  const message = desk.setSurge({} as SurgeWish);
  expect(desk.busy).toEqual(["surge"]);
  expect(await desk.putFirst("c1", "known_matter" as never)).toBe(true);
  expect(await desk.setSurge({} as SurgeWish)).toBe(false);
  expect(asked).toEqual(["PUT /surge", "POST /calls/c1/first"]);
  spoken();
  expect([await message, desk.busy]).toEqual([true, []]);
});

it("keeps in the browser whether alarms are to be heard", () => {
  const desk = () => new LeadDesk({ api: {} } as unknown as Person);
  const first = desk();
  expect(first.soundOn).toBe(false);
  first.toggleSound();
  expect([first.soundOn, desk().soundOn]).toEqual([true, true]);
  first.toggleSound();
  expect(desk().soundOn).toBe(false);
});
