import { describe, expect, it } from "vitest";

import { AMEND, digit, isAmend, isAmendKey, keyOf, KEYS } from "./keys";

const PRESSED = { code: "", key: "", altKey: true, ctrlKey: false, metaKey: false, shiftKey: false, repeat: false };

describe("the keys of a request", () => {
  it("are Alt with a digit for what can be done, and with a letter for the rest", () => {
    expect(digit({ ...PRESSED, code: "Digit3" })).toBe(3);
    expect(digit({ ...PRESSED, code: "Digit0" })).toBeNull();
    for (const [name, key] of Object.entries(KEYS)) expect(keyOf({ ...PRESSED, code: key.code })).toBe(name);
  });

  it("are where their letters stand, also on a Turkish F keyboard", () => {
    expect(keyOf({ ...PRESSED, code: "KeyI", key: "n" })).toBe("note");
    expect(keyOf({ ...PRESSED, code: "KeyN", key: "z" })).toBeNull();
  });

  it("are F7 alone for putting right", () => {
    const alone = { ...PRESSED, code: AMEND.code, altKey: false };
    expect(isAmend(alone)).toBe(true);
    for (const more of [{ altKey: true }, { ctrlKey: true }, { shiftKey: true }, { metaKey: true }, { repeat: true }]) {
      expect(isAmend({ ...alone, ...more })).toBe(false);
    }
    expect(isAmendKey({ ...alone, repeat: true })).toBe(true);
    expect(isAmendKey({ ...alone, shiftKey: true })).toBe(false);
  });

  it("type no letter: AltGr and keys that are held down do nothing", () => {
    for (const more of [{ ctrlKey: true }, { altKey: false }, { shiftKey: true }, { repeat: true }]) {
      expect(digit({ ...PRESSED, code: "Digit3", ...more })).toBeNull();
      expect(keyOf({ ...PRESSED, code: "KeyL", ...more })).toBeNull();
    }
  });
});
