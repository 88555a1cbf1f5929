import { describe, expect, it } from "vitest";

import { admin as en } from "../messages/admin.en";
import { admin as tr } from "../messages/admin.tr";
import { inWords } from "./setting-words";

const strategy = { kind: "text" as const, choices: ["longest_idle" as const, "linear" as const] };
const announced = { kind: "text" as const, choices: ["" as const, "position" as const] };

describe("a setting", () => {
  it("that is chosen from a list is shown in words of the page's language", () => {
    expect(inWords(strategy, "longest_idle", tr)).toBe("en uzun süredir boşta olan");
    expect(inWords(strategy, "longest_idle", en)).toBe("who has been idle longest");
    expect(inWords(announced, "", tr)).toBe("hiçbir şey");
  });

  it("that is on or off is shown so", () => {
    expect(inWords({ kind: "switch", choices: [] }, true, tr)).toBe("açık");
    expect(inWords({ kind: "switch", choices: [] }, false, en)).toBe("off");
  });

  it("that is anything else is shown as it is typed", () => {
    expect(inWords({ kind: "list", choices: [] }, ["a", "b"], tr)).toBe("a, b");
    expect(inWords({ kind: "whole", choices: [] }, 0, tr)).toBe("0");
    expect(inWords({ kind: "text", choices: [] }, "", tr)).toBe("yok");
  });

  it("has no two words that read alike, and no name of the file in Turkish", () => {
    for (const words of [tr.settingChoices, en.settingChoices]) {
      const all = Object.values(words);
      expect(new Set(all).size).toBe(all.length);
      expect(all.filter((word) => word.includes("_"))).toEqual([]);
    }
  });
});
