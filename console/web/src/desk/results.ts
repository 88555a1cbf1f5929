// The results of a call that opened no request, in the order of their keys. Pure.
import type { Api, Schemas } from "../api/api";
import type { Agent } from "../live/view";
import type { Town } from "../requests/town.svelte";
import { dayOf } from "../text/days";
import type { Format } from "../text/format";

export type Word = Schemas["CallDisposition"]["disposition"];
/** The form stays, and is saved later: the call is not without a word then. Where one is written it is the first, which the focus
 * and the key 1 choose. */
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
  /** The form may be saved later instead. Not where the town requires a word: `ready` would be refused. */
  waits: boolean;
}

/** What asking needs of the desk that asks: an agent's, or a shift lead's. */
export interface Asks {
  readonly session: object | null;
  readonly api: Pick<Api, "send">;
  readonly town: Pick<Town, "findTopics">;
  /** The request that a call is about, as the agent has opened it. */
  readonly about: { call: string; number: string } | null;
  tell: (error: unknown) => void;
}

/** When a call of before was over: the time, with its day where that is another one. */
export function whenOf(
  ended: string | null | undefined,
  now: number,
  format: Pick<Format, "time" | "moment">,
  zone: string | undefined,
): string {
  const isToday = ended && dayOf(Date.parse(ended), zone) === dayOf(now, zone);
  return isToday ? format.time(ended) : format.moment(ended);
}

const WORDS: readonly Word[] = ["answered", "transferred", "existing", "wrong_number", "abandoned", "no_words", "test"];

export function resultsOf(asked: Pick<Asked, "waits">): readonly Result[] {
  return asked.waits ? [KEEPS, ...WORDS] : WORDS;
}

/** Whether the agent is to be ready when it is said: it was asked before that, and they are still in after-call work of the call. One
 * who has left the line since then, or pauses, stays where they are. */
export function makesReady(asked: Asked, me: Pick<Agent, "state" | "call"> | null): boolean {
  return !asked.of && me?.state === "wrapup" && me.call === asked.call;
}

/** Whether somebody else has the caller of a call, to whom they were handed on. */
export function isWithAnother(
  call: string,
  extension: string,
  agents: readonly Pick<Agent, "extension" | "call">[],
): boolean {
  return agents.some((one) => one.call === call && one.extension !== extension);
}

/** The result of a pressed key: 1 is the first. */
export function keyOf(key: string, results: readonly Result[]): Result | null {
  return /^[1-9]$/.test(key) ? (results[Number(key) - 1] ?? null) : null;
}
