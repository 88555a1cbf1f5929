// A state and its changes are what a fresh state would be: on sequences recorded from the real backend
// (`python -m bench.live_recording`), from every state in them, and however the stream is cut into pieces.
import { readFileSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { events } from "./stream";
import { apply, OutOfStep, type LiveChange, type LiveState } from "./view";

interface Recording {
  first: LiveState;
  changes: LiveChange[];
  /** First states that other clients were given meanwhile. */
  others: LiveState[];
}

const recording = JSON.parse(readFileSync(new URL("./recordings/line.json", import.meta.url), "utf-8")) as Recording;

function replay(from: LiveState, until: number): LiveState {
  return recording.changes
    .filter((change) => change.seq > from.seq && change.seq <= until)
    .reduce((state, change) => apply(state, change), from);
}

describe("a recording of the real line", () => {
  it("is worth replaying", () => {
    expect(recording.changes.length).toBeGreaterThan(50);
    expect(recording.others.length).toBeGreaterThan(5);
    expect(recording.changes.some((change) => change.queue?.order)).toBe(true);
    expect(recording.changes.some((change) => change.agents && !change.agents.order)).toBe(true);
  });

  it.each(recording.others.map((other) => [other.seq, other] as const))(
    "comes to the fresh state of version %d",
    (seq, other) => {
      expect(replay(recording.first, seq)).toEqual(other);
    },
  );

  it("comes to the same end from every state on the way", () => {
    const last = recording.changes.at(-1)?.seq ?? 0;
    const end = replay(recording.first, last);
    for (const other of recording.others) expect(replay(other, last)).toEqual(end);
  });

  it("is never applied with a change missing", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: recording.changes.length - 2 }), (missing) => {
        const kept = recording.changes.filter((_, place) => place !== missing);
        expect(() => kept.reduce((state, change) => apply(state, change), recording.first)).toThrow(OutOfStep);
      }),
    );
  });

  it("leaves what has not changed as the same objects, so that no more is drawn than must be", () => {
    let state = recording.first;
    for (const change of recording.changes) {
      const next = apply(state, change);
      const set = new Set(change.agents?.set.map((agent) => agent.extension));
      for (const agent of state.agents) {
        if (!set.has(agent.extension)) expect(next.agents).toContain(agent);
      }
      state = next;
    }
  });
});

describe("a change", () => {
  it("that names a record which was never sent is out of step", () => {
    const change: LiveChange = { seq: recording.first.seq + 1, at: "", queue: { set: [], order: ["nobody"] } };
    expect(() => apply(recording.first, change)).toThrow(OutOfStep);
  });

  it("may take the calls away, and give them back", () => {
    const first = { ...recording.first, calls: [] };
    const away = apply(first, { seq: first.seq + 1, at: "", calls: null });
    expect(away.calls).toBeNull();
    const back = apply(away, { seq: away.seq + 1, at: "", calls: { set: [], order: [] } });
    expect(back.calls).toEqual([]);
  });
});

describe("the stream", () => {
  it("says the same however it is cut into pieces", async () => {
    const told = recording.changes.slice(0, 5).map((change) => `event: change\ndata: ${JSON.stringify(change)}\n\n`);
    const bytes = new TextEncoder().encode(`retry: 1000\n\n${told.join("")}`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), async (sizes) => {
        const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
          start(controller) {
            for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
              const size = sizes[turn % sizes.length] ?? 1;
              controller.enqueue(bytes.slice(at, at + size));
              at += size;
            }
            controller.close();
          },
        });
        const found: unknown[] = [];
        for await (const event of events(body)) found.push(JSON.parse(event.data));
        expect(found).toEqual(recording.changes.slice(0, 5));
      }),
      { numRuns: 30 },
    );
  });
});
