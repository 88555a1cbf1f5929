import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Sound } from "./microphone.svelte";

class Track extends EventTarget {
  constructor(readonly deviceId: string) {
    super();
  }
  getSettings = () => ({ deviceId: this.deviceId });
  stop = vi.fn();
}

/** A stream, as far as the page looks at one. */
class Stream {
  active = true;
  constructor(readonly track: Track) {}
  getTracks = () => [this.track];
  getAudioTracks = () => [this.track];
}

class Devices extends EventTarget {
  there = ["built-in", "headset"];
  allowed = false;
  getUserMedia = vi.fn(({ audio }: { audio: { deviceId?: { exact: string } } }) => {
    const wanted = audio.deviceId?.exact ?? this.there[0];
    if (!wanted) return Promise.reject(new DOMException("none", "NotFoundError"));
    if (!this.there.includes(wanted))
      return Promise.reject(Object.assign(new Error(), { name: "OverconstrainedError" }));
    this.allowed = true;
    return Promise.resolve(new Stream(new Track(wanted)));
  });
  enumerateDevices = () =>
    Promise.resolve(
      this.there.map((deviceId) => ({ kind: "audioinput", deviceId: this.allowed ? deviceId : "", label: deviceId })),
    );
}

let devices: Devices;
let kept: Map<string, string>;

beforeEach(() => {
  devices = new Devices();
  kept = new Map([["cozum.microphone", "headset"]]);
  vi.stubGlobal("navigator", { mediaDevices: devices });
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const used = (sound: Sound) => sound.stream?.getAudioTracks()[0]?.getSettings().deviceId;

describe("a remembered microphone", () => {
  it("is the one that is opened first", async () => {
    const sound = new Sound();
    await sound.open();
    expect([used(sound), sound.input]).toEqual(["headset", "headset"]);
  });

  it("that is gone gives way to the default one, and the page shows that", async () => {
    devices.there = ["built-in"];
    const sound = new Sound();
    await sound.open();
    expect([used(sound), sound.input, sound.microphone]).toEqual(["built-in", "default", "open"]);
  });

  it("is still chosen when devices come and go before the page may know them", async () => {
    const sound = new Sound();
    devices.dispatchEvent(new Event("devicechange"));
    await Promise.resolve();
    await sound.open();
    expect(used(sound)).toBe("headset");
  });

  it("that the person refuses is not asked for twice", async () => {
    devices.getUserMedia.mockRejectedValueOnce(new DOMException("no", "NotAllowedError"));
    const sound = new Sound();
    expect(await sound.open()).toBeNull();
    expect(sound.microphone).toBe("refused");
    expect(devices.getUserMedia).toHaveBeenCalledTimes(1);
  });
});

describe("a talk", () => {
  it("gets the microphone that follows one that was unplugged", async () => {
    const sound = new Sound();
    await sound.open();
    const heard: (string | undefined)[] = [];
    sound.onStream((stream) => heard.push(stream?.getAudioTracks()[0]?.getSettings().deviceId));
    devices.there = ["built-in"];
    sound.stream?.getAudioTracks()[0]?.dispatchEvent(new Event("ended"));
    expect([sound.stream, sound.microphone]).toEqual([null, "missing"]);
    await sound.open();
    expect([heard, sound.microphone]).toEqual([["built-in"], "open"]);
  });

  it("gets the microphone that is chosen where the one before was unplugged", async () => {
    const sound = new Sound();
    await sound.open();
    const heard: (string | undefined)[] = [];
    sound.onStream((stream) => heard.push(stream?.getAudioTracks()[0]?.getSettings().deviceId));
    sound.stream?.getAudioTracks()[0]?.dispatchEvent(new Event("ended"));
    await sound.useInput("built-in");
    expect([heard, used(sound)]).toEqual([["built-in"], "built-in"]);
  });

  it("has one stream, also where it is asked for twice at once", async () => {
    const sound = new Sound();
    const both = await Promise.all([sound.open(), sound.open()]);
    expect(both[0]).toBe(both[1]);
    expect(devices.getUserMedia).toHaveBeenCalledTimes(1);
  });

  it("is not asked for a microphone by a choice before there is a need of one", async () => {
    const sound = new Sound();
    await sound.useInput("built-in");
    expect(devices.getUserMedia).not.toHaveBeenCalled();
    await sound.open();
    expect(used(sound)).toBe("built-in");
  });
});

describe("a microphone that is missing", () => {
  const changed = () => {
    devices.dispatchEvent(new Event("devicechange"));
    return vi.waitFor(() => undefined);
  };

  it("is opened when one is plugged in, and not when another one is left", async () => {
    const sound = new Sound();
    const states: string[] = [];
    sound.changed = () => states.push(sound.microphone);
    await sound.open();
    devices.there = ["built-in"];
    sound.stream?.getAudioTracks()[0]?.dispatchEvent(new Event("ended"));
    await changed();
    expect([sound.microphone, sound.isBroken]).toEqual(["missing", true]);
    devices.there = ["built-in", "headset"];
    await changed();
    await vi.waitFor(() => expect(sound.microphone).toBe("open"));
    expect([used(sound), sound.isBroken, states]).toEqual([
      "headset",
      false,
      ["asking", "open", "missing", "asking", "open"],
    ]);
  });
});
