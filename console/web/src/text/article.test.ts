import { describe, expect, it } from "vitest";

import { blocksOf } from "./article";

const plain = (text: string) => [{ text, strong: false }];

describe("the text of an article", () => {
  it("has paragraphs, lists and strong words", () => {
    expect(blocksOf("Bir **iki** üç\ndört\n\nGerekenler:\n- a\n- **b**\n\n- c\nson\n")).toEqual([
      {
        kind: "paragraph",
        lines: [[...plain("Bir "), { text: "iki", strong: true }, ...plain(" üç")], plain("dört")],
      },
      { kind: "paragraph", lines: [plain("Gerekenler:")] },
      { kind: "list", items: [plain("a"), [{ text: "b", strong: true }]] },
      { kind: "list", items: [plain("c")] },
      { kind: "paragraph", lines: [plain("son")] },
    ]);
  });

  it("keeps whatever else its author writes as text", () => {
    const evil = '<img src=x onerror="alert(1)"> [a](javascript:alert(1)) _b_ # c';
    expect(blocksOf(evil)).toEqual([{ kind: "paragraph", lines: [plain(evil)] }]);
  });

  it("shows a sign without its twin as it stands", () => {
    expect(blocksOf("2 ** 3")).toEqual([{ kind: "paragraph", lines: [plain("2 ** 3")] }]);
    expect(blocksOf("**a** ** b")).toEqual([
      {
        kind: "paragraph",
        lines: [
          [
            { text: "a", strong: true },
            { text: " ** b", strong: false },
          ],
        ],
      },
    ]);
    expect(blocksOf("-5 derece\n****")).toEqual([{ kind: "paragraph", lines: [plain("-5 derece"), []] }]);
    expect(blocksOf(" \n\n")).toEqual([]);
  });
});
