import { describe, expect, it } from "vitest";

import type { Draft } from "./drafts.svelte";
import { joined } from "./joined-drafts";

const EMPTY: Draft = {
  call: "a", service: "request", urgent: false, language: "tr", topic: "", district: "", address: "", text: "", name: "", fields: {},
  parent: "", follows: "", agrees: false, contact: "call", key: "first", number: "", begun: "", caller: "",
}; // prettier-ignore

function both(newer: Partial<Draft>, older: Partial<Draft>): Draft {
  return joined({ ...EMPTY, key: "second", ...newer }, { ...EMPTY, ...older });
}

describe("two drafts of one call", () => {
  it("have what each of them has", () => {
    const made = both(
      { topic: "yol_cukuru", text: "Çukur" },
      { district: "zafer", name: "Ayşe", fields: { where: "okul" } },
    );
    expect(made).toMatchObject({
      topic: "yol_cukuru",
      district: "zafer",
      name: "Ayşe",
      text: "Çukur",
      fields: { where: "okul" },
    });
  });

  it("are as the newer one where only one thing can be, and keep its words", () => {
    const made = both(
      { topic: "cenaze", contact: "text", text: "Lamba" },
      { topic: "yol_cukuru", contact: "call", text: "Çukur" },
    );
    expect(made).toMatchObject({ topic: "cenaze", contact: "text", text: "Lamba\nÇukur" });
  });

  it("lose no word that has no room of its own", () => {
    const made = both(
      { name: "Ayşe", address: "Işık Sokak 1" },
      { name: "Fatma", address: "Lale Sokak 2", fields: {} },
    );
    expect(made).toMatchObject({ name: "Ayşe", address: "Işık Sokak 1", text: "Lale Sokak 2\nFatma" });
    expect(both({ fields: { where: "okul" } }, { fields: { where: "cami" } })).toMatchObject({
      fields: { where: "okul" },
      text: "cami",
    });
  });

  it("say once what one of them goes on to say", () => {
    expect(both({ text: "Çukur var, derin" }, { text: "Çukur var" }).text).toBe("Çukur var, derin");
    expect(both({ text: "Çukur" }, { text: "Çukur var" }).text).toBe("Çukur var");
    expect(both({ address: "Işık" }, { address: "Işık Sokak" })).toMatchObject({ address: "Işık Sokak", text: "" });
  });

  it("are saved once, whichever page saves them", () => {
    expect(both({ text: "x" }, { text: "y" }).key).toBe("first");
  });
});
