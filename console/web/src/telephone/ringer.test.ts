import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Ringer } from "./ringer";

class Node {
  gain = { setValueAtTime: vi.fn(), linearRampToValueAtTime: vi.fn() };
  connect = vi.fn();
  start = vi.fn();
  stop = vi.fn();
}

class Context extends EventTarget {
  state = "running";
  currentTime = 0;
  destination = new Node();
  gains = 0;
  resume = vi.fn();
  createGain = () => {
    this.gains += 1;
    return new Node();
  };
}

class Choosing extends Context {
  sinkId = "";
  there = ["headset", ""];
  setSinkId = vi.fn((sink: string) => {
    if (!this.there.includes(sink)) return Promise.reject(new DOMException("gone", "NotFoundError"));
    this.sinkId = sink;
    return Promise.resolve();
  });
}

const ringerOf = (context: Context) => new Ringer(context as unknown as AudioContext);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("OscillatorNode", Node);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the ring", () => {
  it("is heard at the chosen loudspeaker, and moves with another choice", () => {
    const context = new Choosing();
    const ringer = ringerOf(context);
    ringer.start("headset");
    expect([context.sinkId, context.gains]).toEqual(["headset", 1]);
    ringer.playAt("default");
    expect(context.sinkId).toBe("");
    vi.advanceTimersByTime(4000);
    expect(context.gains).toBe(2);
    ringer.stop();
    vi.advanceTimersByTime(20_000);
    expect(context.gains).toBe(2);
  });

  it("asks for a loudspeaker once", () => {
    const context = new Choosing();
    const ringer = ringerOf(context);
    for (let call = 0; call < 3; call += 1) {
      ringer.start("headset");
      ringer.stop();
    }
    expect(context.setSinkId).toHaveBeenCalledTimes(1);
  });

  it("is tried once at the chosen loudspeaker", async () => {
    const context = new Choosing();
    await ringerOf(context).once("headset");
    vi.advanceTimersByTime(20_000);
    expect([context.sinkId, context.gains]).toEqual(["headset", 1]);
  });

  it("begins when the browser allows it, and does not make up for what was not heard", () => {
    const context = new Context();
    context.state = "suspended";
    const ringer = ringerOf(context);
    ringer.start("default");
    vi.advanceTimersByTime(20_000);
    expect(context.gains).toBe(0);
    context.state = "running";
    context.dispatchEvent(new Event("statechange"));
    expect(context.gains).toBe(1);
    ringer.stop();
    context.dispatchEvent(new Event("statechange"));
    expect(context.gains).toBe(1);
  });

  it("is heard where the loudspeaker is gone, or the browser lets nobody choose", async () => {
    const gone = new Choosing();
    ringerOf(gone).start("speaker");
    await vi.advanceTimersByTimeAsync(0);
    const plain = new Context();
    ringerOf(plain).start("headset");
    expect([gone.gains, plain.gains]).toEqual([1, 1]);
  });
});
