// A request in writing that is being typed in. It lies with what is half-written, with the key of its write, until the
// backend has it.
import { untrack } from "svelte";

import { freshKey } from "../api/fresh-key";
import type { HalfWritten } from "../requests/half-written.svelte";
import { dayOf } from "../text/days";
import { empty, isSame, type Paper } from "./paper";

/** Under which it lies there. */
export const HALF = "paper";

interface Kept {
  paper: Paper;
  key: string;
}

export class HalfPaper {
  /** What the form's fields show and change. */
  paper: Paper = $state(empty(0, undefined));
  /** The write's key: the same write sent again is made once. */
  key: string = $state("");
  /** As nothing had been written in it. */
  #begun: Paper = $state.raw(empty(0, undefined));
  readonly #halfWritten: HalfWritten;

  /** Take up what was begun, also in an earlier page. */
  constructor(halfWritten: HalfWritten, now: number, zone: string | undefined) {
    this.#halfWritten = halfWritten;
    this.#begun = empty(now, zone);
    const kept = halfWritten.of<Partial<Kept>>(HALF, HALF);
    this.paper = { ...this.#begun, ...kept?.paper };
    this.key = kept?.key ?? freshKey();
  }

  /** Nothing was written that would be missed. */
  get isEmpty(): boolean {
    return isSame(this.paper, this.#begun);
  }

  /** As it is now; it changes no more. */
  get written(): Paper {
    return $state.snapshot(this.paper);
  }

  /** Lay it with what is half-written. */
  keep(): void {
    const kept: Kept | null = this.isEmpty ? null : { paper: this.written, key: this.key };
    untrack(() => this.#halfWritten.keep(HALF, HALF, kept));
  }

  /** Propose today, which was another day when the form was shown the last time. What is written keeps its day. */
  renew(now: number, zone: string | undefined): void {
    if (this.isEmpty && dayOf(now, zone) !== this.paper.received) this.#begin(now, zone);
  }

  /** Nobody wants it any more, or the backend has it. */
  discard(now: number, zone: string | undefined): void {
    this.#begin(now, zone);
    this.key = freshKey();
    this.keep();
  }

  /** The backend has it as it was `sent`. False: something was written since, and stays. */
  arrived(sent: Paper, now: number, zone: string | undefined): boolean {
    if (!this.isEmpty && !isSame(this.paper, sent)) return false;
    this.discard(now, zone);
    return true;
  }

  #begin(now: number, zone: string | undefined): void {
    this.#begun = empty(now, zone);
    this.paper = { ...this.#begun };
  }
}
