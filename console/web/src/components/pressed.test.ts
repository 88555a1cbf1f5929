import { describe, expect, it } from "vitest";

import { codeOf } from "./pressed";

/** What the keys of the letters type on the Turkish F keyboard, by where they are. */
const TURKISH_F = {
  KeyQ: "f", KeyW: "g", KeyE: "ğ", KeyR: "ı", KeyT: "o", KeyY: "d", KeyU: "r", KeyI: "n", KeyO: "h", KeyP: "p",
  BracketLeft: "q", BracketRight: "w", KeyA: "u", KeyS: "i", KeyD: "e", KeyF: "a", KeyG: "ü", KeyH: "t", KeyJ: "k",
  KeyK: "m", KeyL: "l", Semicolon: "y", Quote: "ş", Backslash: "x", KeyZ: "j", KeyX: "ö", KeyC: "v", KeyV: "c", KeyB: "ç",
  KeyN: "z", KeyM: "s", Comma: "b",
}; // prettier-ignore

describe("the key that was pressed", () => {
  it("is the one on which the letter stands, on a Turkish F keyboard as on others", () => {
    for (const [code, key] of Object.entries(TURKISH_F)) {
      const letter = key === "ı" ? "I" : key.toLocaleUpperCase("en");
      const wanted = /^[A-Z]$/.test(letter) ? `Key${letter}` : "";
      expect([key, codeOf({ code, key })]).toEqual([key, wanted]);
    }
    expect(codeOf({ code: "KeyY", key: "z" })).toBe("KeyZ"); // German
    expect(codeOf({ code: "KeyQ", key: "A" })).toBe("KeyA"); // French, with caps lock
  });

  it("is I with and without its dot", () => {
    for (const key of ["i", "ı", "İ", "I"]) expect(codeOf({ code: "Quote", key })).toBe("KeyI");
  });

  it("is where it is if Alt types something else there, as on a Mac, or nothing yet", () => {
    expect(codeOf({ code: "KeyT", key: "†" })).toBe("KeyT");
    expect(codeOf({ code: "KeyC", key: "ç" })).toBe("KeyC");
    expect(codeOf({ code: "KeyU", key: "Dead" })).toBe("KeyU");
    expect(codeOf({ code: "KeyA", key: "ф" })).toBe("KeyA");
    expect(codeOf({ code: "Digit1", key: "&" })).toBe("Digit1");
    expect(codeOf({ code: "F4", key: "F4" })).toBe("F4");
    expect(codeOf({ code: "Enter", key: "Enter" })).toBe("Enter");
  });
});
