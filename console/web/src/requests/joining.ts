// Joining a request to another one as its duplicate, and who may join and part. Pure.
import type { Schemas } from "../api/api";
import type { Role } from "../session/session";
import { numberOf } from "./number";
import type { Wish } from "./outbox.svelte";
import { OPEN, type State, type Ticket, type Whole } from "./types";

/** What the form holds: the proposal that was chosen, or empty and the number that was typed. */
export interface Joining {
  chosen: string;
  typed: string;
}

/** A request that may be about the same. */
export interface Proposal {
  number: string;
  text: string;
  state: State;
  opened: string;
  /** Reasons, in words. */
  why: readonly string[];
}

type Of = Pick<Whole, "number" | "topic" | "district" | "parent" | "children">;

const MOST = 5;

export function joining(typed = ""): Joining {
  return { chosen: "", typed };
}

/** The form as it is taken up again: what was chosen stands in the field, whether or not it is proposed again. */
export function takenUp(kept: Joining | null): Joining {
  return joining(kept ? kept.chosen || kept.typed : "");
}

export function unwritten(words: Joining): boolean {
  return !words.chosen && !words.typed.trim();
}

/** What can be done: a request that is open is joined if it is no duplicate and has none, and parted if it is one. */
export function joinsOf(whole: Pick<Of, "parent" | "children">, state: State): ("join" | "leave")[] {
  if (!OPEN.includes(state)) return [];
  if (whole.parent) return ["leave"];
  return whole.children.length ? [] : ["join"];
}

/** Where those are asked for that may be about the same; empty: nobody knows. The proposals are not for units; a unit has its own
 * requests of the same topic and mahalle, the only ones that it may join. */
export function alike(whole: Of, role: Role, language: string): string {
  const { number, topic, district } = whole;
  if (role !== "unit") return `/tickets/duplicates?${new URLSearchParams({ number, language })}`;
  if (!topic || !district) return "";
  return `/tickets?${new URLSearchParams({ topic, district, open: "true", limit: "50" })}`;
}

/** Of those that were found, the ones that it can be joined to. */
export function proposalsFrom(found: readonly (Schemas["Duplicate"] | Ticket)[], whole: Of): Proposal[] {
  const fit = found.filter((one) => {
    if (one.number === whole.number) return false;
    return "same_topic" in one ? one.same_topic : !one.parent && one.topic === whole.topic;
  });
  return fit.slice(0, MOST).map((one) => ({
    number: one.number,
    text: one.text || one.address,
    state: one.state,
    opened: one.opened_at,
    why: "why" in one ? one.why : [],
  }));
}

/** The write that it becomes; null: there is no number that can be one. */
export function wishIn(words: Joining, whole: Pick<Of, "number">, base: number): Wish | null {
  const parent = words.chosen || numberOf(words.typed);
  if (!parent) return null;
  return { number: whole.number, what: "join", path: "/duplicate-of", body: { number: parent }, base };
}
