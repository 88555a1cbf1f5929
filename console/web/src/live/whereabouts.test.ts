import { describe, expect, it } from "vitest";

import { en } from "../messages/en";
import { tr } from "../messages/tr";
import type { Agent, LiveState, OutsideCaller } from "./view";
import { apply } from "./view";
import { doingOf, handedOverBy, whereaboutsOf } from "./whereabouts";

function agent(extension: string, state: Agent["state"], more: Partial<Agent> = {}): Agent {
  return { extension, name: "", state, keeps: false, call: null, ...more } as Agent;
}

function outside(id: string, state: OutsideCaller["state"], by = "1001"): OutsideCaller {
  return {
    id,
    caller: "•••",
    service: "funeral",
    class: "urgent",
    since: "2026-11-27T09:00:00Z",
    state,
    agent: by,
    to: {},
  };
}

describe("an agent whose page went in the talk", () => {
  it("keeps the caller, and does not ring", () => {
    expect(doingOf(agent("1001", "ringing", { keeps: true, call: "c1" }))).toBe("keeps");
    expect(doingOf(agent("1001", "ringing", { call: "c1" }))).toBe("ringing");
    expect(doingOf(agent("1001", "talking", { call: "c1" }))).toBe("talking");
  });

  it("has a word of its own in both languages", () => {
    for (const words of [tr, en]) {
      const states = Object.values(words.states);
      expect(new Set(states).size).toBe(states.length);
      expect(words.states.keeps).not.toBe(words.states.ringing);
    }
  });
});

describe("a call that goes on", () => {
  const state = {
    agents: [agent("1001", "ringing", { keeps: true, call: "c1" }), agent("1002", "talking", { call: "c2" })],
    outside: [outside("c3", "ringing"), outside("c4", "talking")],
  };

  it("says where its caller is", () => {
    const found = ["c1", "c2", "c3", "c4", "c5"].map((call) => whereaboutsOf(state, call));
    expect(found).toEqual(["kept", null, "outside_ringing", "outside_talking", null]);
  });

  it("says it in words that differ from each other and from a talk's", () => {
    for (const { wall } of [tr, en]) {
      const all = [...Object.values(wall.whereabouts), wall.goesOn];
      expect(new Set(all).size).toBe(4);
    }
  });
});

describe("a caller who was handed over", () => {
  it("is told to who did it while the telephone rings, whatever they do meanwhile", () => {
    const list = [outside("c3", "ringing"), outside("c4", "talking")];
    expect(handedOverBy(list, agent("1001", "ready"))).toBe("outside_ringing");
    expect(handedOverBy(list, agent("1001", "talking", { call: "c9" }))).toBe("outside_ringing");
    expect(handedOverBy(list, agent("1002", "ready"))).toBeNull();
  });

  it("is told once the telephone has answered until the work after that call is done", () => {
    const list = [outside("c4", "talking")];
    expect(handedOverBy(list, agent("1001", "wrapup", { call: "c4" }))).toBe("outside_talking");
    expect(handedOverBy(list, agent("1001", "ready"))).toBeNull();
    expect(handedOverBy(list, agent("1001", "talking", { call: "c9" }))).toBeNull();
  });

  it("comes, changes and goes with the live view's changes", () => {
    const first = { seq: 1, at: "", agents: [], queue: [], outside: [], calls: null } as unknown as LiveState;
    const came = apply(first, { seq: 2, at: "", outside: { set: [outside("c3", "ringing")], order: ["c3"] } });
    expect(whereaboutsOf(came, "c3")).toBe("outside_ringing");
    const answered = apply(came, { seq: 3, at: "", outside: { set: [outside("c3", "talking")] } });
    expect(whereaboutsOf(answered, "c3")).toBe("outside_talking");
    expect(apply(answered, { seq: 4, at: "", outside: { set: [], order: [] } }).outside).toEqual([]);
  });
});
