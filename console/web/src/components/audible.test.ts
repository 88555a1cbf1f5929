import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Audible } from "./audible.svelte";

class Context extends EventTarget {
  state = "suspended";
  resume = vi.fn(() => {
    if (allowed) this.becomes("running");
  });

  becomes(state: string): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

class Element {
  srcObject: unknown = "talk";
  play = vi.fn(() => (allowed ? Promise.resolve() : Promise.reject(new DOMException("no", "NotAllowedError"))));
}

let allowed: boolean;
let page: EventTarget;
let context: Context;
let audible: Audible;

const press = (): Promise<unknown> => {
  page.dispatchEvent(new Event("keydown"));
  return vi.advanceTimersByTimeAsync(0);
};
const audio = (element: Element) => element as unknown as HTMLAudioElement;

beforeEach(() => {
  vi.useFakeTimers();
  allowed = false;
  page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  context = new Context();
  audible = new Audible(context as unknown as AudioContext);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a page whose sound the browser refuses", () => {
  it("knows it before anything sounds, and tries again at each key until it is allowed", async () => {
    audible.ask();
    expect(audible.refused).toBe(false); // not known yet
    await vi.advanceTimersByTimeAsync(3000);
    expect(audible.refused).toBe(true);
    await press();
    expect(audible.refused).toBe(true);
    allowed = true;
    await press();
    expect(audible.refused).toBe(false);
    const before = context.resume.mock.calls.length;
    await press();
    expect(context.resume.mock.calls.length).toBe(before);
  });

  it("plays a talk that was refused at the next key, unless it is over", async () => {
    context.state = "running";
    const [talk, over] = [new Element(), new Element()];
    await audible.play(audio(talk));
    await audible.play(audio(over));
    expect(audible.refused).toBe(true);
    audible.end(audio(over));
    expect([audible.refused, over.srcObject]).toEqual([true, null]);
    allowed = true;
    await press();
    expect([audible.refused, talk.play.mock.calls.length, over.play.mock.calls.length]).toEqual([false, 2, 1]);
  });

  it("is none because something else was to be played meanwhile", async () => {
    context.state = "running";
    const talk = new Element();
    talk.play.mockRejectedValueOnce(new DOMException("another load", "AbortError"));
    await audible.play(audio(talk));
    expect(audible.refused).toBe(false);
  });
});
