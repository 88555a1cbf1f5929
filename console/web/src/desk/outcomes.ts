import type { Refused, Schemas } from "../api/api";
import { freshKey } from "../api/fresh-key";

/** In the id of each call about an outcome, also of one that the line made and whose citizen wanted an agent. */
const MARK = "-outcome.";

/** Whether a call is about the outcome of a request. */
export function isAboutOutcome(call: string | null | undefined): call is string {
  return call?.includes(MARK) ?? false;
}

/** What can be said of a citizen who has called by themselves. */
const IN_CALL: readonly Schemas["OutcomeBody"]["result"][] = ["told", "declined", "no_calls"];

/** Whether this can be said of how it went in a call. */
export function canBeSaid(result: Schemas["OutcomeBody"]["result"], call: string): boolean {
  return isAboutOutcome(call) || IN_CALL.includes(result);
}

/** Whether an outcome counts as told though nobody has heard it: its citizen was not reached, and has called back. */
export function isUnheard(outcome: Pick<Schemas["OutcomeCall"], "call" | "state">): boolean {
  return outcome.state === "told" && !isAboutOutcome(outcome.call);
}

/** Whether nothing is left to be said of an outcome: it is told and has its score, or its request is closed. */
export function isSettled(outcome: Pick<Schemas["OutcomeCall"], "state" | "score">): boolean {
  return outcome.state === "closed" || (outcome.state === "told" && outcome.score != null);
}

/** Whether a report on an outcome was refused since there is nothing left to report: somebody was quicker to tell it or to score it. One
 * who calls while they are told in another call is still to be told if that breaks off. */
export function saysSettled(error: Pick<Refused, "status" | "code" | "key">, call: string): boolean {
  if (isAboutOutcome(call)) return error.code === "already_done" && error.key !== "score";
  return error.status === 404 || (error.code === "stale" && error.key === "number");
}

/** In the id of each call by which somebody rings a citizen about a task. */
const TASK_MARK = "-task.";

/** Whether a call is about something that we have already: an outcome, or a task. It begins no request. */
export function isOurs(call: string | null | undefined): boolean {
  return [MARK, TASK_MARK].some((mark) => call?.includes(mark) ?? false);
}

/** The key of a write whose answer may be lost: the same write sent again has the same key, and is made once. */
export class Once {
  #last = { write: "", key: "" };

  keyOf(path: string, body: object): string {
    const write = JSON.stringify([path, body]);
    if (this.#last.write !== write) this.#last = { write, key: freshKey() };
    return this.#last.key;
  }
}
