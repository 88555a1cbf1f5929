import { describe, expect, it } from "vitest";

import { loudness } from "./level.svelte";
import { between, counts, grade, lossOf } from "./quality";

const NOTHING = { received: 0, lost: 0, sent: 0, jitterMs: 0, lostByThem: null, roundTripMs: null };

describe("the browser's counts", () => {
  it("are of sound alone, and of both directions", () => {
    const found = counts([
      { type: "inbound-rtp", kind: "audio", packetsReceived: 100, packetsLost: 3, jitter: 0.004 },
      { type: "inbound-rtp", kind: "video", packetsReceived: 999 },
      { type: "outbound-rtp", kind: "audio", packetsSent: 98 },
      { type: "remote-inbound-rtp", kind: "audio", fractionLost: 0.1, roundTripTime: 0.02 },
      { type: "candidate-pair" },
    ]);
    expect(found).toEqual({ received: 100, lost: 3, sent: 98, jitterMs: 4, lostByThem: 0.1, roundTripMs: 20 });
  });

  it("tell what was lost since the last look", () => {
    const quality = between({ ...NOTHING, received: 50, lost: 10 }, { ...NOTHING, received: 95, lost: 15 });
    expect(quality.lost).toBeCloseTo(0.1);
    expect(between(NOTHING, NOTHING).lost).toBe(0);
    // A count that went back (a stream began anew) is no loss.
    expect(between({ ...NOTHING, received: 50, lost: 10 }, { ...NOTHING, received: 5 }).lost).toBe(0);
  });
});

describe("the grade", () => {
  const quality = { received: 100, sent: 100, lost: 0, lostByThem: null, jitterMs: 5, roundTripMs: 20 };
  it.each([
    [quality, true, "good"],
    [{ ...quality, lost: 0.03 }, true, "fair"],
    [{ ...quality, roundTripMs: 400 }, true, "fair"],
    [{ ...quality, lostByThem: 0.2 }, true, "poor"],
    [{ ...quality, jitterMs: 100 }, true, "poor"],
    [quality, false, "poor"],
  ] as const)("%o, arriving %s, is %s", (measured, arrived, expected) => {
    expect(grade(measured, arrived)).toBe(expected);
  });
});

describe("loudness", () => {
  it("goes from silence to the loudest there is", () => {
    expect(loudness(new Float32Array(8))).toBe(0);
    expect(loudness(new Float32Array(8).fill(1))).toBe(1);
    expect(loudness(new Float32Array(8).fill(0.001))).toBeCloseTo(0, 5);
    expect(loudness(new Float32Array(8).fill(0.1))).toBeCloseTo(2 / 3, 2);
  });
});

it("the greater loss is told, with whose voice it is of", () => {
  const quality = { ...between(NOTHING, NOTHING), lost: 0.02 };
  expect(lossOf(quality)).toEqual({ share: 0.02, of: "theirs" });
  expect(lossOf({ ...quality, lostByThem: 0.02 })).toEqual({ share: 0.02, of: "theirs" });
  expect(lossOf({ ...quality, lostByThem: 0.1 })).toEqual({ share: 0.1, of: "yours" });
});
