// What somebody may do to a request: the moves of the backend's own table, in the order in which people need them. Pure.
import type { Role } from "../session/session";
import type { Move, State } from "./types";

const ORDER = [
  "assign",
  "accept",
  "begin",
  "resume",
  "answer",
  "resolve",
  "ask",
  "wait_outside",
  "hand_on",
  "not_ours",
  "refuse",
  "return",
  "tell",
  "tell_anew",
  "close",
  "lapse",
  "withdraw",
  "reopen",
];

/** Moves that need no word: one press makes them. */
export const AT_ONCE: readonly string[] = ["accept", "begin", "resume"];

/** The moves that a role may make from a state. The backend decides; this only spares people what it would refuse. */
export function movesOf(table: readonly Move[], state: State, role: Role): Move[] {
  const theirs = table.filter((one) => {
    return one.before === state && (role === "admin" || (one.who as readonly string[]).includes(role));
  });
  return theirs.sort((one, other) => place(one.name) - place(other.name));
}

function place(name: string): number {
  const found = ORDER.indexOf(name);
  return found < 0 ? ORDER.length : found;
}
