// What happened about a request, in one order: its history, and beside it calls, texts, rings and tasks. Pure.
import type { Schemas } from "../api/api";
import type { Step, Whole } from "./types";

export type StoryStep = Schemas["StoryStep"];
type Kind = StoryStep["kind"];

/** One thing that is told: a step of the history, or something else that happened. */
export interface Told {
  key: string;
  /** Of the history alone. */
  step: Step | null;
  happened: StoryStep;
}

/** What the page tells elsewhere: files have their own part, and so have calls but for why they came. */
const ELSEWHERE: readonly Kind[] = ["file"];
/** Calls that the history or a try tells already. */
const TOLD_CALLS: readonly string[] = ["opened", "outcome"];

/** All that is told, newest first. */
export function toldOf(whole: Whole): Told[] {
  const repeated = repeatedRings(whole);
  let version = 0;
  const told: Told[] = [];
  for (const [place, happened] of whole.story.entries()) {
    const step = happened.kind === "history" ? (whole.history[version++] ?? null) : null;
    if (ELSEWHERE.includes(happened.kind) || (step && repeated.has(step))) continue;
    if (happened.kind === "call" && TOLD_CALLS.includes(happened.what)) continue;
    told.push({ key: `${happened.kind} ${place}`, step, happened });
  }
  return told.reverse();
}

/** What was tried to reach people about it, newest first: the citizen, or whoever is on duty. */
export function triedOf(whole: Whole, ...kinds: Kind[]): Told[] {
  return toldOf(whole).filter((one) => kinds.includes(one.happened.kind));
}

/** Steps of the history that say no more than a ring does: a ring has its own time, and its unit. */
function repeatedRings(whole: Whole): Set<Step> {
  const rings = whole.rings.map((one) => `${one.person} ${one.result}`);
  return new Set(
    whole.history.filter((step) => {
      if (step.what !== "ring" || step.detail.result === "accepted") return false;
      const at = rings.indexOf(`${String(step.detail.person)} ${String(step.detail.result)}`);
      if (at >= 0) rings.splice(at, 1);
      return at >= 0;
    }),
  );
}
