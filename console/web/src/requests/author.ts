// Who did a step of a request, in words. Pure.
import type { Messages } from "../messages/tr";
import type { Step } from "./types";

/** A program has no role that means anything to a reader: `token` is the machine's own, `token:name` one that was given a name. */
export function authorOf(step: Pick<Step, "who" | "role">, t: Messages["requests"]): string {
  const program = /^token(?::(.*))?$/.exec(step.who);
  return program ? t.program(program[1] ?? "") : t.by(step.who, t.authors[step.role]);
}
