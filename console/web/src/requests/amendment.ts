// Putting right what a request says: what the form begins with, what of it is wrong, what it sends, and how what was begun is taken up
// again on a request that others have changed meanwhile. Pure.
import type { Schemas } from "../api/api";
import { answersOf, wrongAnswers } from "../desk/answers";
import type { Role } from "../session/session";
import { pointOf, written } from "../unit/point";
import type { Wish } from "./outbox.svelte";
import { isNoPoint, pointIn } from "./point-text";
import type { Topic } from "./town.svelte";
import { OPEN, type State, type Whole } from "./types";

export interface Amended {
  topic: string;
  district: string;
  address: string;
  /** Where it is, as it is written: `41.028, 28.674`. */
  point: string;
  text: string;
  name: string;
  contact: Whole["contact"];
  agrees: boolean;
  /** The answers as they are typed, by question. */
  answers: Record<string, string>;
}

/** What an author has changed in the form, and nothing else: as it was when they changed it, and as they want it. Of the answers, too,
 * only those that they have changed. */
export interface Touched {
  before: Partial<Amended>;
  words: Partial<Amended>;
}

export type Given = Pick<
  Whole,
  "number" | "topic" | "district" | "address" | "lat" | "lon" | "text" | "name" | "contact" | "agrees" | "fields"
>;
type Body = Schemas["AmendmentBody"];
/** What the form may change beside the words, the place and the answers. */
type May = ReturnType<typeof mayChange>;

const PERSON = ["name", "contact", "agrees"] as const;
const NAMES = ["topic", "district", "address", "point", "text", ...PERSON] as const;

/** A request as its form begins. */
export function asItIs(whole: Given, topic: Topic | null): Amended {
  const point = pointOf(whole);
  return {
    topic: whole.topic ?? "",
    district: whole.district ?? "",
    address: whole.address,
    point: point ? written(point) : "",
    text: whole.text,
    name: whole.name ?? "",
    contact: whole.contact,
    agrees: whole.agrees,
    answers: Object.fromEntries((topic?.questions ?? []).map(({ id }) => [id, answerIn(whole, id)])),
  };
}

/** What this role may put right beside the words, the place and the answers. A unit from which the complainant is hidden may not learn
 * who that is by guesses. An outcome stays one of its topic. */
export function mayChange(
  whole: Pick<Whole, "agrees">,
  state: State,
  topic: Topic | null,
  role: Role,
): { person: boolean; topic: boolean } {
  return { person: role !== "unit" || whole.agrees || !topic?.hidden, topic: OPEN.includes(state) };
}

/** Whether a topic has a place: without one the form asks for none of its fields. */
export function hasPlace(topic: Topic | null): boolean {
  return topic?.place !== "none";
}

/** What is lacking or no answer: `topic`, `district` and `point` cannot be taken away, only put right; answers by `fields.` and their
 * question. An answer that stays as it was is none of this form's, and neither is the point of a topic without a place. */
export function wrongIn(words: Amended, before: Amended, topic: Topic | null): string[] {
  const found: string[] = [];
  if (before.topic && !words.topic) found.push("topic");
  if (before.district && !words.district) found.push("district");
  const isWrong = isNoPoint(words.point) || (before.point && !words.point.trim());
  if (hasPlace(topic) && isWrong) found.push("point");
  const typed = words.topic === before.topic ? changedAnswers(words, before) : words.answers;
  return [...found, ...wrongAnswers(topic?.questions ?? [], typed).map((one) => `fields.${one.id}`)];
}

/** What is to be changed; empty: nothing is. What nobody has touched is left out, so it stays as others leave it meanwhile. `whole` is
 * the request as it is now, `topic` the chosen one and `last` the one of before. */
export function amendmentOf(
  words: Amended,
  before: Amended,
  whole: Given,
  topic: Topic | null,
  last: Topic | null,
): Body {
  const body: Body = {};
  if (words.topic && words.topic !== before.topic) body.topic = words.topic;
  if (words.district && words.district !== before.district) body.district = words.district;
  for (const name of ["address", "text", "name"] as const) {
    if (words[name].trim() !== before[name].trim()) body[name] = words[name].trim();
  }
  const point = !hasPlace(topic) || isSame(words.point, before.point) ? null : pointIn(words.point);
  if (point) Object.assign(body, point);
  if (words.contact !== before.contact) body.contact = words.contact;
  const agrees = words.agrees && (topic?.hidden ?? false);
  if (words.agrees !== before.agrees && agrees !== before.agrees) body.agrees = agrees;
  const fields = fieldsOf(words, before, whole, topic, last);
  if (fields) body.fields = fields;
  return body;
}

/** The write that it becomes; null: nothing is changed. `form` is what its author has written: a write that is stopped goes back into
 * the form with it. */
export function wishOf(whole: Pick<Whole, "number">, body: Body, base: number, form: Touched | null): Wish | null {
  if (!Object.keys(body).length) return null;
  return { number: whole.number, what: "amend", method: "PATCH", path: "", body, form, base };
}

/** What is kept of a form that is left; null: its author has changed nothing. */
export function touchedOf(words: Amended, before: Amended): Touched | null {
  const names = NAMES.filter((name) => !isSame(words[name], before[name]));
  const answers = changedAnswers(words, before);
  if (!names.length && !Object.keys(answers).length) return null;
  const were = Object.fromEntries(Object.keys(answers).map((id) => [id, before.answers[id] ?? ""]));
  const only = (of: Amended): Partial<Amended> => Object.fromEntries(names.map((name) => [name, of[name]]));
  return { before: { ...only(before), answers: were }, words: { ...only(words), answers } };
}

/** The form with what its author has written, on the request as it is `today`: what they have not touched is as others have left it.
 * What cannot be changed any more is not taken up, and neither is an answer to a question that is not asked any more. */
export function takenUp(kept: Touched | null, today: Amended, may: May): { before: Amended; words: Amended } {
  const not: readonly string[] = [...(may.topic ? [] : ["topic"]), ...(may.person ? [] : PERSON)];
  const names = NAMES.filter((name) => {
    const word = kept?.words[name];
    return word !== undefined && !not.includes(name) && !isSame(word, today[name]);
  });
  const only = (of: Partial<Amended>): Partial<Amended> => Object.fromEntries(names.map((name) => [name, of[name]]));
  const isOther = names.includes("topic");
  const ids = Object.entries(kept?.words.answers ?? {})
    .filter(([id, one]) => (isOther || id in today.answers) && !isSame(one, today.answers[id] ?? ""))
    .map(([id]) => id);
  const answers = (of: Partial<Amended>): Amended["answers"] => {
    return { ...today.answers, ...Object.fromEntries(ids.map((id) => [id, of.answers?.[id] ?? ""])) };
  };
  const { before = {}, words = {} } = kept ?? {};
  return {
    before: { ...today, ...only(before), answers: answers(before) },
    words: { ...today, ...only(words), answers: answers(words) },
  };
}

/** What both the author and somebody else have changed, to different ends: `today` is the request as it is now. Answers by `fields.` and
 * their question. */
export function clashes(words: Amended, before: Amended, today: Amended): string[] {
  const differ = (of: (form: Amended) => string | boolean): boolean => {
    return !isSame(of(words), of(before)) && !isSame(of(today), of(before)) && !isSame(of(today), of(words));
  };
  const answers = Object.keys(words.answers).filter((id) => differ((form) => form.answers[id] ?? ""));
  return [...NAMES.filter((name) => differ((form) => form[name])), ...answers.map((id) => `fields.${id}`)];
}

/** All that a request has in its fields, with what was answered here; null: no answer is another. The API takes them whole. Those that
 * were given to another topic's questions go with that topic; what no question asked for stays. */
function fieldsOf(
  words: Amended,
  before: Amended,
  whole: Given,
  topic: Topic | null,
  last: Topic | null,
): Body["fields"] | null {
  const questions = topic?.questions ?? [];
  const isOther = words.topic !== before.topic;
  const changed = changedAnswers(words, before);
  const stale = isOther ? (last?.questions ?? []).filter(({ id }) => id in (whole.fields ?? {})) : [];
  const given = isOther ? words.answers : changed;
  const asked = questions.filter(({ id }) => id in given);
  const answers = answersOf(asked, given);
  if (isOther ? !stale.length && !Object.keys(answers).length : !asked.length) return null;
  const gone = [...stale, ...asked].map((one) => one.id);
  const kept = Object.entries(whole.fields ?? {}).filter(([id]) => !gone.includes(id));
  return { ...(Object.fromEntries(kept) as NonNullable<Body["fields"]>), ...answers };
}

function isSame(one: string | boolean, other: string | boolean): boolean {
  return String(one).trim() === String(other).trim();
}

function changedAnswers(words: Amended, before: Amended): Record<string, string> {
  const all = Object.entries(words.answers);
  return Object.fromEntries(all.filter(([id, one]) => !isSame(one, before.answers[id] ?? "")));
}

function answerIn(whole: Given, id: string): string {
  return said(whole.fields?.[id]);
}

function said(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}
