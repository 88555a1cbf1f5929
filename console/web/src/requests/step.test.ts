import { describe, expect, it } from "vitest";
import { requests as en } from "../messages/requests.en";
import { requests as tr } from "../messages/requests.tr";
import { noteOf, ringOf } from "./step";
import type { Step } from "./types";

function step(of: Partial<Step>): Step {
  return { what: "note", role: "agent", note: "", detail: {}, ...of } as Step;
}

describe("the note of a step", () => {
  it("is what a person wrote, in every language", () => {
    for (const what of ["note", "reopen", "leave"]) {
      expect(noteOf(step({ what, note: "Yerine bakıldı", detail: {} }), tr, "tr")).toBe("Yerine bakıldı");
    }
    expect(noteOf(step({ what: "leave", note: "ayrı yer", detail: { parent: "26-000001-9" } }), tr, "tr")).toBe(
      "ayrı yer",
    );
  });

  it("is not the English one of a rule on a Turkish page", () => {
    const ruled = step({ what: "assign", role: "system", note: "the topic is theirs" });
    expect(noteOf(ruled, tr, "tr")).toBe("");
    expect(noteOf(ruled, en, "en")).toBe("the topic is theirs");
  });

  it("says in Turkish what the parent brought, also in rows without its number", () => {
    const reopened = { what: "reopen", role: "lead", note: "the parent was reopened" } as const;
    for (const detail of [{ parent: "26-000001-9" }, {}]) {
      expect(noteOf(step({ ...reopened, detail }), tr, "tr")).toBe("Ana başvuru yeniden açıldı.");
    }
    const left = step({
      what: "leave",
      role: "parent",
      note: "the parent was withdrawn",
      detail: { parent: "26-000001-9" },
    });
    expect(noteOf(left, tr, "tr")).toBe("Ana başvuru geri çekildi.");
    expect(noteOf(left, en, "en")).toBe("the parent was withdrawn");
    expect(noteOf(step({ what: "leave", role: "parent", note: "", detail: {} }), tr, "tr")).toBe("");
  });
});

describe("a ring of somebody on duty", () => {
  it("says who was rung, and what came of it", () => {
    const rung = step({
      what: "ring",
      role: "system",
      note: "ali was busy",
      detail: { person: "ali", result: "busy" },
    });
    expect(ringOf(rung, tr)).toBe("ali: meşguldü");
    expect(noteOf(rung, en, "en")).toBe("");
    expect(ringOf(step({ what: "ring", role: "system", detail: { result: "nobody" } }), tr)).toBe(
      "kabul eden nöbetçi yok",
    );
    expect(ringOf(step({ what: "assign", role: "system", detail: { result: "busy" } }), tr)).toBe("");
  });
});
