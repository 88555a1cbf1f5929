import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { actionOf, KEYS, type Action } from "./keys";

const NOTHING = { key: "", altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, repeat: false };

describe("the keys of the desk", () => {
  it("each do one thing, and once while they are held down", () => {
    for (const [action, key] of Object.entries(KEYS) as [Action, (typeof KEYS)[Action]][]) {
      const pressed = { ...NOTHING, code: key.code, altKey: !!key.alt, ctrlKey: !!key.ctrl };
      expect(actionOf(pressed)).toBe(action);
      expect(actionOf({ ...pressed, repeat: true })).toBeNull();
      expect(actionOf({ ...pressed, shiftKey: true })).toBeNull();
    }
  });

  it("are where their letters stand, also on a Turkish F keyboard", () => {
    const alt = { ...NOTHING, altKey: true };
    expect(actionOf({ ...alt, code: "KeyF", key: "a" })).toBe("find"); // the page's telephone goes on ringing
    expect(actionOf({ ...alt, code: "KeyQ", key: "f" })).toBe("ownPhone");
    expect(actionOf({ ...alt, code: "KeyS", key: "i" })).toBe("silent");
    expect(actionOf({ ...alt, code: "KeyX", key: "ö" })).toBeNull(); // it discards no form
    expect(actionOf({ ...alt, code: "Digit1", key: "1" })).toBe("ready");
    expect(actionOf({ ...alt, code: "KeyT", key: "†" })).toBe("transfer"); // a Mac
  });

  it("are all in the documentation", () => {
    const docs = readFileSync(new URL("../../../../docs/desks.md", import.meta.url), "utf-8");
    for (const { shown } of Object.values(KEYS)) expect(docs).toContain(`| ${shown} |`);
  });

  it("type no letter and no digit, whatever the layout", () => {
    for (const key of Object.values(KEYS)) {
      expect(/^F\d/.test(key.code) || key.alt || key.ctrl).toBeTruthy();
      // Ctrl and Alt together are AltGr on a Turkish keyboard: @ and € must be typed.
      expect(key.alt && key.ctrl).toBeFalsy();
    }
    expect(actionOf({ ...NOTHING, code: "KeyT", altKey: true, ctrlKey: true })).toBeNull();
    expect(actionOf({ ...NOTHING, code: "KeyT" })).toBeNull();
  });
});
