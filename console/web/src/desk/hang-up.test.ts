import { beforeEach, describe, expect, it, vi } from "vitest";

import { toasts } from "../components/toasts.svelte";
import type { Session } from "../session/session";
import { REACTION_MS } from "./hang-up";
import { AgentDesk } from "./agent-desk.svelte";

vi.hoisted(() => {
  const store = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  vi.stubGlobal("localStorage", store);
  vi.stubGlobal("sessionStorage", store);
  vi.stubGlobal("document", { documentElement: {}, addEventListener: () => undefined });
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined }));
});

const NOW = 1_000_000;

function call(state: string, begunAt: number, isIncoming = true) {
  return { state, begunAt, isIncoming, name: "", number: "1002", hangUp: vi.fn() };
}

/** A desk with these calls; the other side of the last one hung up at `leftAt`. */
function desk(calls: ReturnType<typeof call>[], leftAt = 0): AgentDesk {
  const made = new AgentDesk({ user: "1001", extension: "1001", csrf: "w" } as Session);
  made.telephone = { calls, leftAt } as unknown as NonNullable<AgentDesk["telephone"]>;
  return made;
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  toasts.shown = [];
});

describe("the key that hangs up", () => {
  it("does not refuse a call that has only begun to ring, and says so", () => {
    const urgent = call("ringing", NOW - 200);
    desk([urgent], NOW - 250).hangUp();
    expect(urgent.hangUp).not.toHaveBeenCalled();
    expect(toasts.shown).toHaveLength(1);
  });

  it("refuses it a second later", () => {
    const rings = call("ringing", NOW - REACTION_MS);
    desk([rings], NOW - REACTION_MS - 50).hangUp();
    expect(rings.hangUp).toHaveBeenCalled();
    expect(toasts.shown).toEqual([]);
  });

  it("meant for a colleague who has just gone does not end the caller's call", () => {
    const held = call("held", NOW - 60_000);
    desk([held], NOW - 100).hangUp();
    expect(held.hangUp).not.toHaveBeenCalled();
    desk([held], NOW - REACTION_MS).hangUp();
    expect(held.hangUp).toHaveBeenCalled();
  });

  it("ends at once a talk that was answered a moment ago, and a call that the agent dials", () => {
    const talk = call("talking", NOW - 300);
    desk([talk]).hangUp();
    const dialled = call("calling", NOW - 10, false);
    desk([dialled, call("held", NOW - 60_000)], NOW - 100).hangUp();
    expect([talk.hangUp, dialled.hangUp].map((one) => one.mock.calls.length)).toEqual([1, 1]);
  });
});
