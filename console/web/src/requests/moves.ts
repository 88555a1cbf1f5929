// What somebody may do to a request: the moves of the backend's own table, in the order in which people need them, and what is no move.
// Pure.
import type { Role } from "../session/session";
import type { Action } from "./form";
import { joinsOf } from "./joining";
import { OPEN, type Move, type State, type Whole } from "./types";

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

/** All that a role may do to a request that is in this state; of a duplicate's moves only those that close it. `table` is the town's,
 * null until it is there: a form that puts a request right needs its topics from the beginning. `photo`: the topic asks for one of the
 * work, which an agent has not. */
export function actionsOf(
  whole: Pick<Whole, "parent" | "children" | "outcome" | "told_how" | "score">,
  state: State,
  role: Role,
  table: readonly Move[] | null,
  photo = false,
): Action[] {
  if (role === "analyst") return [];
  const shown = photo && role === "agent";
  const theirs = movesOf(table ?? [], state, role).filter((one) => {
    if (one.name === "tell_anew" && !(one.after === whole.outcome && isUnheard(whole))) return false;
    return !(shown && one.needs.includes("photo"));
  });
  const actions: Action[] = whole.parent ? theirs.filter((one) => one.after === "closed") : theirs;
  if (OPEN.includes(state) && role !== "agent") actions.push("extension");
  if (state !== "closed" && table) actions.push("amend");
  actions.push("note");
  if (state !== "closed" && role !== "agent") actions.push("file");
  return [...actions, ...joinsOf(whole, state)];
}

/** Whether nobody is known to have heard or read the outcome. */
function isUnheard({ told_how, score }: Pick<Whole, "told_how" | "score">): boolean {
  return (told_how === "attempts" || told_how === "page") && score == null;
}

function place(name: string): number {
  const found = ORDER.indexOf(name);
  return found < 0 ? ORDER.length : found;
}
