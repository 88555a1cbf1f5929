import { describe, expect, it } from "vitest";

import type { Schemas } from "../api/api";
import { alike, joining, joinsOf, proposalsFrom, takenUp, unwritten, wishIn } from "./joining";
import type { Ticket } from "./types";

const WHOLE = {
  number: "26-000002-7",
  topic: "yol_cukuru",
  district: "esenkent",
  parent: null,
  children: [],
};

function proposal(number: string, more: Partial<Schemas["Duplicate"]> = {}): Schemas["Duplicate"] {
  const of = { score: 0.9, same_topic: true, same_caller: false, why: ["aynı mahalle: Esenkent"], state: "assigned" };
  return { ...of, number, opened_at: "2026-06-01", text: "Çukur", address: "", ...more } as Schemas["Duplicate"];
}

describe("joining", () => {
  it("is for an open request that is no duplicate and has none; parting for one that is", () => {
    expect(joinsOf(WHOLE, "assigned")).toEqual(["join"]);
    expect(joinsOf({ ...WHOLE, children: ["26-000003-5"] }, "assigned")).toEqual([]);
    expect(joinsOf({ ...WHOLE, parent: "26-000001-9" }, "in_progress")).toEqual(["leave"]);
    for (const state of ["resolved", "closed"] as const) {
      expect([joinsOf(WHOLE, state), joinsOf({ ...WHOLE, parent: "26-000001-9" }, state)]).toEqual([[], []]);
    }
  });

  it("asks for proposals where the role has them, and a unit for its own requests", () => {
    expect(alike(WHOLE, "agent", "tr")).toBe("/tickets/duplicates?number=26-000002-7&language=tr");
    expect(alike(WHOLE, "unit", "tr")).toBe("/tickets?topic=yol_cukuru&district=esenkent&open=true&limit=50");
    expect([alike({ ...WHOLE, topic: null }, "unit", "tr"), alike({ ...WHOLE, district: null }, "unit", "tr")]).toEqual(
      ["", ""],
    );
  });

  it("proposes neither the request itself nor what it cannot be joined to", () => {
    const found = [proposal(WHOLE.number), proposal("26-000001-9"), proposal("26-000003-5", { same_topic: false })];
    expect(proposalsFrom(found, WHOLE).map((one) => [one.number, one.why])).toEqual([
      ["26-000001-9", ["aynı mahalle: Esenkent"]],
    ]);
    const own = ["26-000001-9", "26-000003-5"].map((number, at) => {
      return { number, topic: "yol_cukuru", parent: at ? "26-000001-9" : null, text: "", address: "Fırın" } as Ticket;
    });
    expect(proposalsFrom(own, WHOLE)).toMatchObject([{ number: "26-000001-9", text: "Fırın", why: [] }]);
  });

  it("tells all reasons, as they count between the two requests", () => {
    const why = ["konusu aynı: Çukur", "5 gün arayla", "anlatım %80 benzer"];
    const opened = "2026-06-01";
    expect(proposalsFrom([proposal("26-000001-9", { why })], WHOLE)).toMatchObject([{ opened, why }]);
  });

  it("is taken up again with the number in the field, whatever is proposed by then", () => {
    expect(takenUp({ chosen: "26-000001-9", typed: "yan" })).toEqual({ chosen: "", typed: "26-000001-9" });
    expect([takenUp(joining("26")), takenUp(null)]).toEqual([joining("26"), joining()]);
  });

  it("sends the chosen one, or the number as it is typed", () => {
    const body = (words: Parameters<typeof wishIn>[0]): unknown => wishIn(words, WHOLE, 3)?.body;
    expect(wishIn({ chosen: "26-000001-9", typed: "" }, WHOLE, 3)).toEqual({
      number: WHOLE.number,
      what: "join",
      path: "/duplicate-of",
      body: { number: "26-000001-9" },
      base: 3,
    });
    expect(body(joining("26 000001 9"))).toEqual({ number: "26-000001-9" });
    expect([body(joining("yan sokak")), body(joining())]).toEqual([undefined, undefined]);
    expect([unwritten(joining(" ")), unwritten(joining("2"))]).toEqual([true, false]);
  });
});
