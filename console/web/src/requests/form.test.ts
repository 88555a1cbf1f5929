import { describe, expect, it } from "vitest";

import { requests as en } from "../messages/requests.en";
import { requests } from "../messages/requests.tr";
import { begun, doneOf, empty, isUnwritten, lacking, parts, wishes, wordsOf } from "./form";
import { ACTION_KEYS } from "./keys";
import { AT_ONCE } from "./moves";
import type { Move } from "./types";

function move(name: string, after: Move["after"], ...needs: Move["needs"]): Move {
  return { name, before: "in_progress", after, who: ["unit"], needs };
}

const RESOLVE = move("resolve", "resolved", "words", "photo");
const HAND_ON = move("hand_on", "assigned", "unit", "reason");
const NOT_OURS = move("not_ours", "not_ours", "words", "responsible");
const PHOTO = new Blob(["x"]);
const WHOLE = { number: "26-000001-9" };

describe("a form", () => {
  it("has a button that says what it does, and words for what was done, in both languages", () => {
    for (const name of Object.keys(ACTION_KEYS)) {
      for (const t of [requests, en] as (typeof requests)[]) {
        if (!AT_ONCE.includes(name)) expect(t.sends[name], name).toBeTruthy();
        if (!AT_ONCE.includes(name)) expect(t.sends[name], name).not.toBe(t.moves[name]);
        expect(doneOf(name, "26-1", t)).not.toBe(t.done(name, "26-1"));
      }
    }
    expect(doneOf("resolve", "26-000001-9", requests)).toBe("Çözüldü: 26-000001-9");
    expect(doneOf("extension", "26-000001-9", requests)).toBe("Ek süre verildi: 26-000001-9");
  });

  it("asks for what its move needs, and for a photo where the topic wants one", () => {
    expect(parts(RESOLVE, false)).toEqual({ asked: ["result", "photos", "note"], needed: ["result"] });
    expect(parts(RESOLVE, true).needed).toEqual(["result", "photos"]);
    expect(parts(HAND_ON, true)).toEqual({ asked: ["unit", "note"], needed: ["unit", "note"] });
    expect(parts(NOT_OURS, false).asked).toEqual(["responsible", "result", "note"]);
    expect(parts(move("ask", "waiting_citizen", "words"), false).asked).toEqual(["result", "awaits", "note"]);
  });

  it("says what is still lacking; spaces are nothing", () => {
    const words = { ...empty(), result: "  ", days: "0" };
    expect(lacking(words, ["result", "photos", "days", "responsible"])).toEqual([
      "result",
      "photos",
      "days",
      "responsible",
    ]);
    const said = { ...words, result: "Onarıldı", photos: [PHOTO], days: "10", body: "İSKİ" };
    expect(lacking(said, ["result", "photos", "days", "responsible"])).toEqual([]);
  });

  it("sends the photos first, then the move with its words", () => {
    const made = wishes(RESOLVE, { ...empty(), result: " Onarıldı ", photos: [PHOTO] }, WHOLE, 3);
    expect(made.map((one) => [one.what, one.path, one.base])).toEqual([
      ["file", "/files?about=work&name=foto.jpg", 3],
      ["resolve", "/moves", 3],
    ]);
    expect(made[1]?.body).toEqual({ to: "resolved", result: "Onarıldı" });
    expect(made[1]?.to).toBe("resolved");
  });

  it("sends nothing of fields that it does not ask for", () => {
    const words = { ...empty(), unit: "zabita", note: "onların", result: "x", responsible: "iski" };
    expect(wishes(HAND_ON, words, WHOLE, 1)[0]?.body).toEqual({ to: "assigned", note: "onların", unit: "zabita" });
    expect(wishes("extension", { ...words, days: " 5 " }, WHOLE, 1)[0]?.body).toEqual({ days: 5, reason: "onların" });
    expect(wishes("note", words, WHOLE, 1)[0]?.path).toBe("/notes");
    expect(parts("leave", false).needed).toEqual(["note"]);
    const [parted] = wishes("leave", words, WHOLE, 1);
    expect([parted?.path, parted?.body]).toEqual(["/duplicate-of", { number: null, note: "onların" }]);
  });

  it("begins with the outside body that does such things, and how it is reached", () => {
    const iski = { id: "iski", reach: "185'i arayın" };
    const words = begun(NOT_OURS, iski);
    expect(words).toEqual({ ...empty(), responsible: "iski", result: "185'i arayın" });
    expect([isUnwritten(words, words), isUnwritten({ ...words, result: "" }, words)]).toEqual([true, false]);
    expect(begun(move("wait_outside", "waiting_outside", "responsible"), iski).result).toBe("");
    expect([begun(RESOLVE, iski), begun("note", iski), begun(NOT_OURS, null)]).toEqual([empty(), empty(), empty()]);
  });

  it("can be filled in again from a write that was stopped", () => {
    const [write] = wishes(NOT_OURS, { ...empty(), result: "Onlara sorun", responsible: "iski" }, WHOLE, 1);
    expect(write && wordsOf(write)).toMatchObject({ result: "Onlara sorun", body: "iski", note: "" });
    const [more] = wishes("extension", { ...empty(), note: "yağmur", days: "5" }, WHOLE, 1);
    expect(more && wordsOf(more)).toMatchObject({ note: "yağmur", days: "5" });
  });
});
