import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import type { Caller, LiveState } from "../live/view";
import { alarmsOf, loud, silences, stillSilenced, type DutyAlarm } from "./alarms";

const line = (
  JSON.parse(readFileSync(new URL("../live/recordings/line.json", import.meta.url), "utf-8")) as { first: LiveState }
).first;
const figures = { ...line.figures, target_wait_s: 6 };
const NOW = Date.parse(line.at);

function caller(id: string, waited: number, more: Partial<Caller> = {}): Caller {
  const [queued_at, target_at] = [NOW - waited * 1000, NOW - waited * 1000 + figures.target_wait_s * 1000].map((at) =>
    new Date(at).toISOString(),
  );
  const one = { id, caller: "•••", service: "funeral", class: "urgent", queued_at, target_at, state: "waiting" };
  return { ...one, ...more } as Caller;
}

function state(queue: Caller[], states: LiveState["agents"][number]["state"][] = ["ready"]): LiveState {
  const agents = states.map((one, place) => ({ ...line.agents[0], extension: String(1001 + place), state: one }));
  return { ...line, queue, agents, figures } as LiveState;
}

function kinds(...given: Parameters<typeof alarmsOf>): string[] {
  return alarmsOf(...given).map((alarm) => alarm.key);
}

describe("an alarm", () => {
  it("is raised for an urgent caller beyond the target, and not before", () => {
    const target = figures.target_wait_s;
    expect(kinds(state([caller("a", target)]), "live", NOW)).toEqual([]);
    expect(kinds(state([caller("a", target + 0.1)]), "live", NOW)).toEqual(["urgent a"]);
    const target_at = new Date(NOW - 100).toISOString(); // four seconds in the menu are part of the wait
    expect(kinds(state([caller("a", target - 3.9, { target_at })]), "live", NOW)).toEqual(["urgent a"]);
  });

  it("is not raised for routine callers, nor for those who hold no line", () => {
    const queue = [caller("a", 600, { class: "routine" }), caller("b", 600, { callback: "abandoned" })];
    expect(kinds(state(queue), "live", NOW)).toEqual([]);
  });

  it("is raised when nobody is on duty", () => {
    expect(kinds(state([], ["offline", "paused", "unavailable"]), "live", NOW)).toEqual(["nobody"]);
    for (const one of ["ready", "talking", "ringing", "wrapup", "busy"] as const)
      expect(kinds(state([], ["paused", one]), "live", NOW)).toEqual([]);
    expect(kinds(state([], []), "live", NOW)).toEqual(["nobody"]);
  });

  it("says that what is shown is old, the gravest first", () => {
    expect(kinds(state([caller("a", 60)]), "away", NOW)).toEqual(["away", "urgent a"]);
    expect(kinds(state([]), "down", NOW)).toEqual(["away"]);
    expect(alarmsOf(state([]), "lost", NOW)).toEqual([{ kind: "lost", key: "lost", since: NOW }]);
    expect(kinds(state([]), "warn", NOW)).toEqual([]);
  });

  it("is raised for a request that nobody on duty accepts, anew when nobody is left to ring, and without a line too", () => {
    const one: DutyAlarm = {
      number: "26-000001-9",
      unit: "fen_isleri",
      service: "request",
      since: new Date(NOW - 60_000).toISOString(),
      rung: 1,
      over: false,
    };
    const found = alarmsOf(state([caller("a", 60)]), "live", NOW, [one]);
    expect(found.map((alarm) => alarm.key)).toEqual(["urgent a", "duty 26-000001-9"]);
    expect(found[1]).toMatchObject({ kind: "duty", duty: one, since: NOW - 60_000 });
    expect(kinds(state([]), "live", NOW, [{ ...one, over: true }])).toEqual(["duty 26-000001-9 over"]);
    expect(kinds(state([]), "live", NOW, [{ ...one, unit: null, over: true }])).toEqual(["duty 26-000001-9 no unit"]);
    expect(kinds(null, "connecting", NOW, [one])).toEqual(["duty 26-000001-9"]);
  });

  it("is none while nothing is known", () => {
    expect(alarmsOf(null, "connecting", NOW)).toEqual([]);
    expect(alarmsOf(state([], []), "connecting", NOW)).toEqual([]);
  });
});

describe("silence", () => {
  it("holds for what was silenced alone, until that is over", () => {
    const two = alarmsOf(state([caller("a", 60), caller("b", 60)]), "live", NOW);
    expect(loud(two, ["urgent a"]).map((one) => one.key)).toEqual(["urgent b"]);
    const one = alarmsOf(state([caller("b", 60)]), "live", NOW);
    expect(stillSilenced(one, ["urgent a", "urgent b"])).toEqual(["urgent b"]);
    expect(loud(two, stillSilenced(one, ["urgent a"])).map((alarm) => alarm.key)).toContain("urgent a");
  });
});

describe("the key that silences", () => {
  const alt = { code: "KeyS", key: "s", altKey: true, ctrlKey: false, metaKey: false, shiftKey: false, repeat: false };

  it("is Alt with the key on which S stands, whatever Alt types there", () => {
    expect(silences(alt)).toBe(true);
    expect(silences({ ...alt, key: "S" })).toBe(true); // caps lock
    expect(silences({ ...alt, key: "ß" })).toBe(true); // a Mac
    expect(silences({ ...alt, code: "KeyM" })).toBe(true); // the Turkish F keyboard
    expect(silences({ ...alt, key: "i" })).toBe(false); // there, too
  });

  it("types no letter: AltGr and a key that is held down do nothing", () => {
    for (const more of [{ ctrlKey: true }, { altKey: false }, { shiftKey: true }, { repeat: true }])
      expect(silences({ ...alt, ...more })).toBe(false);
  });
});
