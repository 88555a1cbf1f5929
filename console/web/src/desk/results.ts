// The results of a call that opened no request, in the order of their keys. Pure.
import type { Schemas } from "../api/api";

export type Word = Schemas["CallDisposition"]["disposition"];
/** The form stays, and is saved later: the call is not without a word then. */
export const KEEPS = "form";
export type Result = Word | typeof KEEPS;

/** A call whose result is asked for. */
export interface Asked {
  call: string;
  topic: string;
  district: string;
  /** When a call of before was, as it is read; empty: it is the present one. */
  of: string;
  /** Something is written in its form. */
  written: boolean;
}

const WORDS: readonly Word[] = ["answered", "transferred", "existing", "wrong_number", "abandoned", "no_words", "test"];

export function resultsOf(asked: Pick<Asked, "written">): readonly Result[] {
  return asked.written ? [...WORDS, KEEPS] : WORDS;
}

/** The result of a pressed key: 1 is the first. */
export function keyOf(key: string, results: readonly Result[]): Result | null {
  return /^[1-9]$/.test(key) ? (results[Number(key) - 1] ?? null) : null;
}
