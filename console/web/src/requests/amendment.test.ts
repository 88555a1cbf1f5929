import { describe, expect, it } from "vitest";

import {
  amendmentOf,
  asItIs,
  clashes,
  mayChange,
  takenUp,
  touchedOf,
  wishOf,
  wrongIn,
  type Amended,
  type Given,
} from "./amendment";
import type { Topic } from "./town.svelte";

function question(id: string, type: "text" | "choice" | "number", required = false): Topic["questions"][number] {
  return { id, type, required, least: 1, most: 50, tr: id, en: id, choices: [] };
}

function topic(id: string, questions: Topic["questions"], hidden = false, place = "needed"): Topic {
  return { id, questions, hidden, place } as unknown as Topic;
}

const THINGS = topic("esya", [question("parca", "number", true), question("esya", "text")]);
const NOISE = topic("gurultu", [question("saat", "text", true)], true);
const ROAD = topic("yol", []);
const TAX = topic("vergi", [], false, "none");
const WHOLE: Given = {
  number: "26-000001-9",
  topic: "esya",
  district: "esenkent",
  address: "Işık Sokağı",
  text: "Eski koltuk",
  name: "Ayşe Yılmaz",
  contact: "call",
  agrees: false,
  fields: { parca: 3, kind: "from the menu" },
};

/** What is sent when the form is left like this. */
function sent(change: Partial<Amended>, chosen: Topic | null = THINGS, whole: Given = WHOLE): unknown {
  const before = asItIs(WHOLE, THINGS);
  return amendmentOf({ ...before, ...change }, before, whole, chosen, THINGS);
}

describe("an amendment", () => {
  it("begins with what the request says", () => {
    expect(asItIs(WHOLE, THINGS)).toMatchObject({
      topic: "esya",
      address: "Işık Sokağı",
      answers: { parca: "3", esya: "" },
    });
    expect(asItIs({ ...WHOLE, topic: null, district: null }, null)).toMatchObject({
      topic: "",
      district: "",
      answers: {},
    });
  });

  it("has the point as it is written, and sends another one; it cannot be taken away", () => {
    const placed = { ...WHOLE, lat: 41.0281, lon: 28.674 };
    const before = asItIs(placed, THINGS);
    expect(before.point).toBe("41.02810, 28.67400");
    const of = (point: string) => amendmentOf({ ...before, point }, before, placed, THINGS, THINGS);
    expect([of(before.point), of("geo:41.03,28.68")]).toEqual([{}, { lat: 41.03, lon: 28.68 }]);
    expect(sent({ point: "41.03 28.68" })).toEqual({ lat: 41.03, lon: 28.68 });
    const wrong = (point: string) => wrongIn({ ...before, point }, before, THINGS);
    expect(["yan sokak", " ", "41.03, 28.68"].map(wrong)).toEqual([["point"], ["point"], []]);
  });

  it("has no point, right or wrong, where the chosen topic has no place: its field is not there", () => {
    const placed = { ...WHOLE, lat: 41.0281, lon: 28.674 };
    const before = asItIs(placed, THINGS);
    for (const point of ["yan sokak", "", "41.03, 28.68"]) {
      const words = { ...before, topic: "vergi", point };
      expect(wrongIn(words, before, TAX)).toEqual([]);
      expect(amendmentOf(words, before, placed, TAX, THINGS)).toEqual({
        topic: "vergi",
        fields: { kind: "from the menu" },
      });
    }
  });

  it("sends only what was changed, and nothing where nothing was", () => {
    expect(sent({})).toEqual({});
    expect(sent({ text: " Eski koltuk ", answers: { parca: " 3 ", esya: "" } })).toEqual({});
    expect(wishOf(WHOLE, {}, 4, null)).toBeNull();
    const body = sent({ address: "Işık Sokağı 7", contact: "text" });
    expect(body).toEqual({ address: "Işık Sokağı 7", contact: "text" });
    const form = { before: { address: "" }, words: { address: "x" } };
    expect(wishOf(WHOLE, { address: "x" }, 4, form)).toEqual({
      number: "26-000001-9",
      what: "amend",
      method: "PATCH",
      path: "",
      body: { address: "x" },
      form,
      base: 4,
    });
  });

  it("sends an answer with all others, as they are by now: the backend takes them whole", () => {
    const meanwhile = { ...WHOLE, fields: { parca: 3, kind: "from the menu", esya: "koltuk" } };
    expect(sent({ answers: { parca: "5", esya: "" } }, THINGS, meanwhile)).toEqual({
      fields: { parca: 5, kind: "from the menu", esya: "koltuk" },
    });
    expect(sent({ answers: { parca: "", esya: "" } })).toEqual({ fields: { kind: "from the menu" } });
  });

  it("gives back a personal answer as it was shown, masked: the backend keeps what it is", () => {
    const masked = { ...WHOLE, fields: { parca: 3, esya: "•••" } };
    expect(sent({ answers: { parca: "5", esya: "" } }, THINGS, masked)).toEqual({ fields: { parca: 5, esya: "•••" } });
  });

  it("of the topic takes away the answers to the other one's questions, and sends those to its own", () => {
    expect(sent({ topic: "gurultu", answers: { parca: "3", esya: "", saat: "gece" } }, NOISE)).toEqual({
      topic: "gurultu",
      fields: { kind: "from the menu", saat: "gece" },
    });
    const none = { ...WHOLE, fields: { kind: "from the menu" } };
    expect(sent({ topic: "yol" }, ROAD, none)).toEqual({ topic: "yol" });
  });

  it("says that a complainant agrees only where a topic asks for it", () => {
    expect(sent({ agrees: true })).toEqual({});
    expect(sent({ agrees: true, topic: "gurultu", answers: {} }, NOISE)).toMatchObject({ agrees: true });
  });
});

describe("an amendment that is taken up again", () => {
  const BOTH = { person: true, topic: true };
  const before = asItIs(WHOLE, THINGS);

  /** What is kept of a form that was left like this. */
  function kept(change: Partial<Amended>): ReturnType<typeof touchedOf> {
    return touchedOf({ ...before, ...change }, before);
  }

  /** What is sent of it, on the request as it is by then. */
  function resent(left: ReturnType<typeof touchedOf>, whole: Given, may = BOTH, of: Topic | null = THINGS): unknown {
    const today = asItIs(whole, of);
    const { words } = takenUp(left, today, may);
    const chosen = [THINGS, NOISE, ROAD].find((one) => one.id === words.topic) ?? null;
    return amendmentOf(words, today, whole, chosen, of);
  }

  it("keeps what was changed, and nothing else of the request", () => {
    expect(kept({})).toBeNull();
    expect(kept({ text: "Eski koltuk ", answers: { parca: "3", esya: " ", gone: "" } })).toBeNull();
    expect(kept({ address: "Işık Sokağı 7", answers: { parca: "5", esya: "" } })).toEqual({
      before: { address: "Işık Sokağı", answers: { parca: "3" } },
      words: { address: "Işık Sokağı 7", answers: { parca: "5" } },
    });
  });

  it("begins as it was left, where nobody has changed anything", () => {
    const words = { ...before, contact: "text" as const, agrees: true, answers: { parca: "5", esya: "" } };
    expect(takenUp(touchedOf(words, before), before, BOTH)).toEqual({ before, words });
    expect(takenUp(null, before, BOTH)).toEqual({ before, words: before });
  });

  it("leaves alone what others have put right meanwhile", () => {
    const meanwhile = {
      ...WHOLE,
      text: "Eski koltuk ve masa",
      district: "zafer",
      fields: { parca: 3, esya: "koltuk" },
    };
    expect(resent(kept({ address: "Işık Sokağı 7" }), meanwhile)).toEqual({ address: "Işık Sokağı 7" });
    expect(resent(kept({ answers: { parca: "5", esya: "" } }), meanwhile)).toEqual({
      fields: { parca: 5, esya: "koltuk" },
    });
  });

  it("says what both have changed, until it is sent", () => {
    const today = asItIs({ ...WHOLE, address: "Işık Sokağı 9", text: "Masa", fields: { parca: 4 } }, THINGS);
    const again = takenUp(kept({ address: "Işık Sokağı 7", answers: { parca: "5", esya: "koltuk" } }), today, BOTH);
    expect(again.words).toMatchObject({ address: "Işık Sokağı 7", text: "Masa", answers: { parca: "5" } });
    expect(clashes(again.words, again.before, today)).toEqual(["address", "fields.parca"]);
    const left = takenUp(touchedOf(again.words, again.before), today, BOTH);
    expect(left).toEqual(again);
  });

  it("has nothing to say where others have made the same of it", () => {
    const meanwhile = { ...WHOLE, address: "Işık Sokağı 7" };
    const { words, before: was } = takenUp(kept({ address: "Işık Sokağı 7" }), asItIs(meanwhile, THINGS), BOTH);
    expect([touchedOf(words, was), clashes(words, was, asItIs(meanwhile, THINGS))]).toEqual([null, []]);
  });

  it("leaves out what cannot be put right any more", () => {
    const answers = { parca: "3", esya: "", saat: "gece" };
    const left = kept({ topic: "gurultu", name: "Ali", contact: "text", text: "Masa", answers });
    expect(resent(left, WHOLE, { person: false, topic: true })).toEqual({
      topic: "gurultu",
      text: "Masa",
      fields: { kind: "from the menu", saat: "gece" },
    });
    expect(resent(left, WHOLE, { person: true, topic: false })).toEqual({ name: "Ali", contact: "text", text: "Masa" });
  });

  it("leaves out an answer to a question that is not asked any more", () => {
    const meanwhile = { ...WHOLE, topic: "gurultu", fields: { saat: "gece" } };
    const left = kept({ text: "Masa", answers: { parca: "5", esya: "" } });
    expect(resent(left, meanwhile, BOTH, NOISE)).toEqual({ text: "Masa" });
  });

  it("of another topic takes away the answers to that which it has by now", () => {
    const meanwhile = { ...WHOLE, topic: "gurultu", fields: { saat: "gece", kind: "from the menu" } };
    expect(resent(kept({ topic: "yol" }), meanwhile, BOTH, NOISE)).toEqual({
      topic: "yol",
      fields: { kind: "from the menu" },
    });
  });
});

describe("what is wrong in an amendment", () => {
  const before = asItIs(WHOLE, THINGS);

  it("is a topic or a mahalle that is taken away, and an answer that is no number", () => {
    expect(wrongIn(before, before, THINGS)).toEqual([]);
    const words = { ...before, topic: "", district: "" };
    expect(wrongIn(words, before, null)).toEqual(["topic", "district"]);
    expect(wrongIn({ ...before, answers: { parca: "çok", esya: "" } }, before, THINGS)).toEqual(["fields.parca"]);
  });

  it("is none of what was there before, and nothing that is left out as it was", () => {
    const odd = asItIs({ ...WHOLE, fields: { parca: "•••" }, topic: "esya", district: null }, THINGS);
    expect(wrongIn(odd, odd, THINGS)).toEqual([]);
  });
});

describe("what may be put right", () => {
  it("is not the person for a unit from which they are hidden, and not the topic of what has its outcome", () => {
    const hidden = { agrees: false };
    expect(mayChange(hidden, "assigned", NOISE, "unit")).toEqual({ person: false, topic: true });
    expect(mayChange({ agrees: true }, "assigned", NOISE, "unit").person).toBe(true);
    expect(mayChange(hidden, "assigned", NOISE, "inbox").person).toBe(true);
    expect(mayChange(hidden, "resolved", THINGS, "unit")).toEqual({ person: true, topic: false });
  });
});
