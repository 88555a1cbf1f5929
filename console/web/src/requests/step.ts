// What the history says beside a step. Pure.
import type { Messages } from "../messages/tr";
import type { Language } from "../text/format";
import type { Step } from "./types";

/** The note of a step that its parent brought, in rows from before these had the parent's number. */
const PARENT_REOPENED = "the parent was reopened";

/** What was noted at a step. Notes of rules are on record in English alone; other readers have the page's own words for them, or none. */
export function noteOf(
  step: Pick<Step, "what" | "role" | "note" | "detail">,
  t: Messages["requests"],
  language: Language,
): string {
  if (step.what === "hand_over" || (step.what === "ring" && step.detail.result)) return "";
  const parent = step.what === "reopen" ? step.detail.parent || step.note === PARENT_REOPENED : step.role === "parent";
  if (language === "en" || (step.role !== "system" && !parent)) return step.note;
  return parent && step.note ? (t.ofParent[step.what] ?? "") : "";
}

/** What came of a ring of a person on duty; empty at other steps. */
export function ringOf(step: Pick<Step, "what" | "detail">, t: Messages["requests"]): string {
  const result = step.what === "ring" ? t.rang[String(step.detail.result)] : undefined;
  if (!result) return "";
  return typeof step.detail.person === "string" ? `${step.detail.person}: ${result}` : result;
}
