// What a request says, in words: the names of its fields, and what is in them. Pure.
import type { Messages } from "../messages/tr";
import type { Touched } from "./amendment";
import type { Town } from "./town.svelte";

/** acd/engine/rules/kind_menu.py: the caller has pressed no kind. */
const UNTOLD = "untold";

type Names = Pick<Town, "topicName" | "mahalle" | "topic" | "name">;

/** What a field is called on the pages; the API's name where they have none. */
export function labelOf(field: string, t: Messages): string {
  const { topic, mahalle, address, text, name, contact, agrees } = t.desk;
  const named: Record<string, string> = { topic, district: mahalle, address, text, name, contact, agrees };
  if (field === "point") return t.requests.point;
  return named[field] ?? t.requests.fieldNames[field] ?? field.replaceAll("_", " ");
}

/** The fields that somebody has put right at a step of the history. */
export function amendedAt(step: { what: string; detail: Record<string, unknown> }, t: Messages): string {
  const { fields } = step.detail;
  if (step.what !== "amend" || !Array.isArray(fields)) return "";
  return [...new Set(fields.map((one) => labelOf(String(one), t)))].join(", ");
}

/** What is in a field, or in an answer to a question of this topic: `fields.` and its id. */
export function valueIn(what: string, value: string | boolean, topic: string, names: Names, t: Messages): string {
  if (typeof value === "boolean") return t.requests.agreed(value);
  const given = value.trim();
  if (!given) return t.requests.emptyField;
  if (what === "topic") return names.topicName(given);
  if (what === "district") return names.mahalle(given);
  if (what === "contact") return (t.desk.contacts as Record<string, string>)[given] ?? given;
  if (what === "fields.kind" && given === UNTOLD) return t.requests.untold;
  const choice = questionOf(what, topic, names)?.choices.find((one) => one.id === given);
  return choice ? names.name(choice) : given;
}

/** An answer that a request has: to a question of its topic, or to a menu of the line. */
export function answerIn(id: string, value: string, topic: string, names: Names, t: Messages) {
  const question = questionOf(`fields.${id}`, topic, names);
  const answer = valueIn(`fields.${id}`, value, topic, names, t);
  return { question: question ? names.name(question) : labelOf(id, t), answer };
}

/** What an author has written in a form, a line for each field; `topic` is the request's. */
export function linesOf({ words }: Touched, topic: string, names: Names, t: Messages): string[] {
  const { answers = {}, ...fields } = words;
  const asked = words.topic ?? topic;
  return [
    ...Object.entries(fields).map(([name, one]) => `${labelOf(name, t)}: ${valueIn(name, one, asked, names, t)}`),
    ...Object.entries(answers).map(([id, one]) => {
      const { question, answer } = answerIn(id, one, asked, names, t);
      return `${question}: ${answer}`;
    }),
  ];
}

function questionOf(what: string, topic: string, names: Names) {
  return names.topic(topic)?.questions.find((one) => what === `fields.${one.id}`);
}
