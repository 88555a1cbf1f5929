// What a form for a move needs, and what it sends. Pure.
import type { Messages } from "../messages/tr";
import type { Wish } from "./outbox.svelte";
import type { Move, Whole } from "./types";

/** A move of the table, or one of what is not a move, with the form of `ActionForm`. */
export type Plain = Move | "note" | "extension" | "file" | "leave";
export type Action = Plain | "amend" | "join";

export interface Words {
  /** What the citizen is told. */
  result: string;
  /** For those who work on it. */
  note: string;
  unit: string;
  /** The id of a body, or empty and `body`. */
  responsible: string;
  body: string;
  awaits: "answer" | "fee";
  how: string;
  days: string;
  photos: readonly Blob[];
}

export type Part = "result" | "note" | "unit" | "responsible" | "awaits" | "how" | "days" | "photos";

export function empty(): Words {
  return {
    result: "",
    note: "",
    unit: "",
    responsible: "",
    body: "",
    awaits: "answer",
    how: "call",
    days: "",
    photos: [],
  };
}

/** A form before anything is written. Where an outside body does such things, it and the way to reach it are filled in: a person
 * decides. */
export function begun(action: Plain, body: { id: string; reach: string } | null): Words {
  if (!body || typeof action === "string" || !action.needs.includes("responsible")) return empty();
  return { ...empty(), responsible: body.id, result: action.needs.includes("words") ? body.reach : "" };
}

/** Whether nothing has been written or chosen that would be missed. `before`: the form as it began. */
export function isUnwritten(words: Words, before: Words): boolean {
  const names = ["result", "note", "unit", "responsible", "body", "days"] as const;
  return !words.photos.length && names.every((name) => words[name].trim() === before[name]);
}

export function nameOf(action: Action): string {
  return typeof action === "string" ? action : action.name;
}

/** What is said once it is done: the same words as those of its line in the history. */
export function doneOf(name: string, number: string, t: Messages["requests"]): string {
  return t.done(t.steps[name === "extension" ? "extend" : name] ?? name, number);
}

/** Tells actions apart: one name may lead to several states. */
export function idOf(action: Action): string {
  return typeof action === "string" ? action : action.name + action.after;
}

/** What is asked, and what of it must be said. `photo`: the topic wants one of the work. */
export function parts(action: Plain, photo: boolean): { asked: Part[]; needed: Part[] } {
  if (action === "note" || action === "leave") return { asked: ["note"], needed: ["note"] };
  if (action === "extension") return { asked: ["days", "note"], needed: ["days", "note"] };
  if (action === "file") return { asked: ["photos"], needed: ["photos"] };
  const asked: Part[] = [];
  const needed: Part[] = [];
  if (action.needs.includes("unit")) needed.push("unit");
  if (action.needs.includes("responsible")) needed.push("responsible");
  if (action.needs.includes("words")) needed.push("result");
  if (action.needs.includes("reason")) needed.push("note");
  asked.push(...needed);
  if (action.needs.includes("photo")) {
    asked.push("photos");
    if (photo) needed.push("photos");
  }
  if (action.name === "ask") asked.push("awaits");
  if (action.name === "tell") asked.push("how");
  if (!asked.includes("note")) asked.push("note");
  return { asked, needed };
}

/** What is needed and not there. */
export function lacking(words: Words, needed: readonly Part[]): Part[] {
  return needed.filter((part) => {
    if (part === "photos") return !words.photos.length;
    if (part === "responsible") return !(words.responsible || words.body.trim());
    if (part === "days") return !/^[1-9][0-9]{0,2}$/.test(words.days.trim());
    return !words[part].trim();
  });
}

/** The writes that it becomes, the photos first. `base` is the version that its author has seen. */
export function wishes(action: Plain, words: Words, whole: Pick<Whole, "number">, base: number): Wish[] {
  const { number } = whole;
  const what = nameOf(action);
  if (action === "note") return [{ number, what, path: "/notes", body: { note: words.note.trim() }, base }];
  if (action === "leave") {
    return [{ number, what, path: "/duplicate-of", body: { number: null, note: words.note.trim() }, base }];
  }
  if (action === "extension") {
    const body = { days: Number(words.days.trim()), reason: words.note.trim() };
    return [{ number, what, path: "/extension", body, base }];
  }
  const photos = words.photos.map((file): Wish => {
    return { number, what: "file", path: "/files?about=work&name=foto.jpg", file, base };
  });
  if (action === "file") return photos;
  const { asked } = parts(action, false);
  const body: Record<string, unknown> = { to: action.after };
  if (words.note.trim()) body.note = words.note.trim();
  if (asked.includes("result")) body.result = words.result.trim();
  if (asked.includes("unit")) body.unit = words.unit;
  if (asked.includes("responsible")) body.responsible = words.responsible || words.body.trim();
  if (asked.includes("awaits")) body.awaits = words.awaits;
  if (asked.includes("how")) body.how = words.how;
  return [...photos, { number, what, path: "/moves", body, to: action.after, base }];
}

/** The words of a write that was stopped, to be edited. */
export function wordsOf(write: Wish): Words {
  const body = (write.body ?? {}) as Record<string, string | number | undefined>;
  const text = (name: string): string => String(body[name] ?? "");
  return {
    ...empty(),
    result: text("result"),
    note: text("note") || text("reason"),
    unit: text("unit"),
    body: text("responsible"),
    awaits: body.awaits === "fee" ? "fee" : "answer",
    how: text("how") || "call",
    days: text("days"),
    photos: write.file ? [write.file] : [],
  };
}
