import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { SOUND_KEYS } from "../components/audio";
import { TAKEN } from "../desk/keys";
import { requests } from "../messages/requests.tr";
import { ACTION_KEYS, actionsByKey, chosen, HELP, isAmendKey, keyOf, KEYS } from "./keys";

const PRESSED = { code: "", key: "", altKey: true, ctrlKey: false, metaKey: false, shiftKey: false, repeat: false };
const NAMES = Object.keys(ACTION_KEYS);
const NONE = new Set<string>();
/** Keys of the player, which may be open at the same time. */
const PLAYER = Object.values(SOUND_KEYS).map((key) => key.shown);

function docs(name: string): string {
  return readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), "utf-8");
}

/** The moves that this role makes, by the table that is drawn from the program. An administrator makes all. */
function movesBy(role: "agent" | "admin"): Set<string> {
  const rows = docs("states.md").matchAll(/^\| `(\w+)` \| `\w+` \| `\w+` \| [^|]* \| ([^|]*) \|/gm);
  const theirs = [...rows].filter(([, , who]) => role === "admin" || who?.split(", ").includes(role));
  return new Set(theirs.map(([, name]) => name ?? ""));
}

describe("the keys of a request", () => {
  it("are Alt with a letter for what is no action", () => {
    for (const [name, key] of Object.entries(KEYS)) expect(keyOf({ ...PRESSED, code: key.code })).toBe(name);
  });

  it("are where their letters stand, also on a Turkish F keyboard", () => {
    expect(chosen({ ...PRESSED, code: "KeyI", key: "n" }, NONE)).toEqual(["note"]);
    expect(chosen({ ...PRESSED, code: "KeyN", key: "z" }, NONE)).toEqual(["lapse"]);
    expect(keyOf({ ...PRESSED, code: "KeyC", key: "v" })).toBeNull();
  });

  it("are F7 alone for putting right", () => {
    const alone = { ...PRESSED, code: "F7", altKey: false };
    expect(chosen(alone, NONE)).toEqual(["amend"]);
    for (const more of [{ altKey: true }, { ctrlKey: true }, { shiftKey: true }, { metaKey: true }, { repeat: true }]) {
      expect(chosen({ ...alone, ...more }, NONE)).toEqual([]);
    }
    expect(isAmendKey({ ...alone, repeat: true })).toBe(true);
    expect(isAmendKey({ ...alone, shiftKey: true })).toBe(false);
  });

  it("type no letter: AltGr and keys that are held down do nothing", () => {
    for (const more of [{ ctrlKey: true }, { altKey: false }, { shiftKey: true }, { repeat: true }]) {
      expect(chosen({ ...PRESSED, code: "Digit3", ...more }, NONE)).toEqual([]);
      expect(keyOf({ ...PRESSED, code: "KeyL", ...more })).toBeNull();
    }
  });
});

describe("the key of an action", () => {
  it("is there for all that people do, and for nothing else", () => {
    const moves = movesBy("admin");
    expect(moves.size).toBeGreaterThan(10);
    const others = ["note", "amend", "extension", "file", "join", "leave"];
    expect(new Set(NAMES)).toEqual(new Set([...moves, ...others]));
    for (const name of NAMES) expect(requests.moves[name]).toBeTruthy();
  });

  it("chooses this action and no other one, but for joining and parting, of which only one can be done", () => {
    for (const [name, { code }] of Object.entries(ACTION_KEYS)) {
      const found = chosen({ ...PRESSED, code, altKey: code !== "F7" }, NONE);
      expect(found).toEqual(["join", "leave"].includes(name) ? ["join", "leave"] : [name]);
    }
  });

  it("is none of the page's other keys", () => {
    const others = [...PLAYER, HELP.shown, ...Object.values(KEYS).map((key) => key.shown)];
    for (const key of Object.values(ACTION_KEYS)) expect(others).not.toContain(key.shown);
  });

  it("is free at the agent's desk for all that an agent does", () => {
    expect(chosen({ ...PRESSED, code: "Digit1" }, TAKEN)).toEqual([]); // it makes the agent ready
    const free = [...actionsByKey(TAKEN).values()].flat();
    expect(new Set(free)).toEqual(new Set([...movesBy("agent"), "join", "leave", "note", "amend"]));
  });

  it("is in the documentation", () => {
    const [, keys = ""] = docs("desks.md").split("## Keys");
    for (const { shown } of Object.values(ACTION_KEYS)) expect(keys.split("## ")[0]).toContain(`| ${shown} |`);
  });
});
