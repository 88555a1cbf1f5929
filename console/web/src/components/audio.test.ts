import { describe, expect, it } from "vitest";

import { clock, soundKey } from "./audio";

const pressed = (code: string, more: object = {}) => ({
  code,
  key: "",
  altKey: true,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  repeat: false,
  ...more,
});

describe("the player of recordings", () => {
  it("says minutes and seconds", () => {
    expect([0, 5.9, 65, 600].map(clock)).toEqual(["0:00", "0:05", "1:05", "10:00"]);
    expect([Number.NaN, Infinity, -1].map(clock)).toEqual(["0:00", "0:00", "0:00"]);
  });

  it("knows its keys, and leaves those that type", () => {
    expect(["KeyP", "KeyB", "KeyF", "KeyX"].map((code) => soundKey(pressed(code)))).toEqual([
      "play",
      "back",
      "forward",
      null,
    ]);
    expect(soundKey(pressed("KeyQ", { key: "f" }))).toBe("forward"); // a Turkish F keyboard
    expect(soundKey(pressed("KeyP", { altKey: false }))).toBeNull();
    expect(soundKey(pressed("KeyP", { ctrlKey: true }))).toBeNull();
    expect(soundKey(pressed("KeyP", { repeat: true }))).toBeNull();
  });
});
