// Where the focus goes.

/** What is filled in. */
export const FIELDS = "textarea, select, input";

/** Give the focus to the first of these that is seen: what is not seen takes none. False: there is none. */
export function focusFirst(within: ParentNode | null | undefined, selector: string): boolean {
  const seen = [...(within?.querySelectorAll<HTMLElement>(selector) ?? [])].find((one) => one.getClientRects().length);
  seen?.focus();
  return seen !== undefined;
}

/** The focus that a part of the page has while it is open. */
export class LentFocus {
  #before: Element | null = null;

  /** Remember what has the focus, before the part takes it. */
  lend(): void {
    this.#before = document.activeElement;
  }

  /** Before the part goes: the focus, if it is there, goes back to where it was, or else to the button that opens the part. */
  giveBack(part: Element | null | undefined, opener: HTMLElement | null | undefined): void {
    if (!part?.contains(document.activeElement)) return;
    const before = this.#before;
    if (before?.isConnected && before !== document.body && "focus" in before) (before as HTMLElement).focus();
    else opener?.focus();
  }
}
