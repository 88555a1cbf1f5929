import { afterEach, describe, expect, it, vi } from "vitest";

import { focusFirst, LentFocus } from "./focus";

interface Page {
  activeElement: unknown;
  body: unknown;
}

const page: Page = { activeElement: null, body: null };

/** Something that can have the focus; `isSeen`: where the page draws it. */
function control(isSeen = true): HTMLElement {
  const made = {
    isConnected: true,
    getClientRects: () => (isSeen ? [{}] : []),
    focus: () => (page.activeElement = made),
    contains: (other: unknown) => other === made,
  };
  return made as unknown as HTMLElement;
}

function within(...controls: HTMLElement[]): ParentNode {
  return { querySelectorAll: () => controls } as unknown as ParentNode;
}

vi.stubGlobal("document", page);

afterEach(() => {
  page.activeElement = page.body = null;
});

describe("the first that is seen", () => {
  it("has the focus", () => {
    const [hidden, seen, later] = [control(false), control(), control()];
    expect(focusFirst(within(hidden, seen, later), "input")).toBe(true);
    expect(page.activeElement).toBe(seen);
  });

  it("is not there", () => {
    expect(focusFirst(within(control(false)), "input")).toBe(false);
    expect(focusFirst(null, "input")).toBe(false);
    expect(page.activeElement).toBeNull();
  });
});

describe("a focus that was lent", () => {
  it("goes back to where it was", () => {
    const [before, part, opener, focus] = [control(), control(), control(), new LentFocus()];
    before.focus();
    focus.lend();
    part.focus();
    focus.giveBack(part, opener);
    expect(page.activeElement).toBe(before);
  });

  it("goes to what opens the part if nothing had it, or what had it is gone", () => {
    const [body, gone, part, opener] = [control(), control(), control(), control()];
    page.body = body;
    Object.assign(gone, { isConnected: false });
    for (const before of [body, gone, null]) {
      const focus = new LentFocus();
      page.activeElement = before;
      focus.lend();
      part.focus();
      focus.giveBack(part, opener);
      expect(page.activeElement).toBe(opener);
    }
  });

  it("stays where its person has taken it meanwhile", () => {
    const [before, part, elsewhere, focus] = [control(), control(), control(), new LentFocus()];
    before.focus();
    focus.lend();
    part.focus();
    elsewhere.focus();
    focus.giveBack(part, control());
    expect(page.activeElement).toBe(elsewhere);
    focus.giveBack(undefined, control());
    expect(page.activeElement).toBe(elsewhere);
  });
});
