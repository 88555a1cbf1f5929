import { describe, expect, it } from "vitest";

import { en } from "../messages/en";
import { tr } from "../messages/tr";
import { amendedAt, answerIn, labelOf, linesOf, valueIn } from "./field-words";
import type { Topic } from "./town.svelte";

const CHOICES = [{ id: "evet", tr: "Var", en: "Yes" }];
const THINGS = {
  id: "esya",
  questions: [
    { id: "parca", tr: "Kaç parça?", en: "How many?", choices: [] },
    { id: "asansor", tr: "Asansör var mı?", en: "Is there a lift?", choices: CHOICES },
  ],
} as unknown as Topic;
const NAMES = {
  topicName: (id: string | null | undefined) => (id === "esya" ? "Eski eşya" : (id ?? "")),
  mahalle: (id: string) => (id === "zafer" ? "Zafer" : id),
  topic: (id: string) => (id === "esya" ? THINGS : null),
  name: (one: { tr: string }) => one.tr,
};

describe("the fields that were put right", () => {
  it("are named as the form names them, each once", () => {
    const step = { what: "amend", detail: { fields: ["address", "district", "fields", "lat", "lon", "text"] } };
    expect(amendedAt(step, tr)).toBe("Adres, Mahalle, Sorulara yanıtlar, Haritadaki yeri, Anlattığı");
    expect(amendedAt(step, en)).toBe("Address, Mahalle, Answers to the questions, Place on the map, In their words");
    expect(labelOf("later_field", tr)).toBe("later field");
  });

  it("are not told of another step, nor of one that does not name them", () => {
    expect(amendedAt({ what: "import", detail: { fields: ["text"] } }, tr)).toBe("");
    expect(amendedAt({ what: "amend", detail: {} }, tr)).toBe("");
  });
});

describe("what a request answers", () => {
  it("is told in the words of its topic's questions", () => {
    expect(answerIn("asansor", "evet", "esya", NAMES, tr)).toEqual({ question: "Asansör var mı?", answer: "Var" });
    expect(answerIn("parca", "5", "esya", NAMES, tr)).toEqual({ question: "Kaç parça?", answer: "5" });
    expect(answerIn("later_field", "x", "", NAMES, tr)).toEqual({ question: "later field", answer: "x" });
  });

  it("is told in the page's language also where an urgent caller has not said the kind", () => {
    expect(answerIn("kind", "untold", "", NAMES, tr)).toEqual({ question: "Tür", answer: "söylenmedi" });
    expect(answerIn("kind", "untold", "", NAMES, en)).toEqual({ question: "Kind", answer: "not said" });
  });
});

describe("what an author has written", () => {
  it("is told by field, in words, and so is what they have taken away", () => {
    const words = {
      district: "zafer",
      address: " ",
      contact: "text",
      agrees: true,
      answers: { parca: "5", asansor: "evet" },
    };
    const lines = linesOf({ before: {}, words: { ...words, contact: "text" } }, "esya", NAMES, tr);
    expect(lines).toEqual([
      "Mahalle: Zafer",
      "Adres: boş",
      "Sonuç nasıl bildirilsin?: Kısa mesajla",
      "Adının birime verilmesini kabul ediyor: evet",
      "Kaç parça?: 5",
      "Asansör var mı?: Var",
    ]);
  });

  it("is that of the topic that they have chosen", () => {
    const lines = linesOf({ before: {}, words: { topic: "esya", answers: { parca: "2" } } }, "yol", NAMES, tr);
    expect(lines).toEqual(["Konu: Eski eşya", "Kaç parça?: 2"]);
    expect(valueIn("fields.gone", "x", "yol", NAMES, tr)).toBe("x");
  });
});
