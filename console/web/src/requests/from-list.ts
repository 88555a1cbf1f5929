// A request as the list has it, for whoever opens it without a network: enough to read what is asked, where, and to act on it. What has
// happened about it is not there. It is not fetched ahead of time either: the audit names each reading, and nobody would have read it. Pure.
import type { Topic } from "./town.svelte";
import type { Ticket, Whole } from "./types";

/** `read` is the request as it was when it was opened last. */
export function fromList(ticket: Ticket, topic: Topic | null, read?: Whole): Whole {
  const { opened_at, due_at } = ticket;
  return {
    story: [],
    history: [],
    calls: [],
    files: [],
    tries: [],
    texts: [],
    rings: [],
    tasks: [],
    children: [],
    followed_by: [],
    moves: [],
    clock: {
      rule: "",
      started_at: opened_at,
      due_at: due_at ?? null,
      stands: false,
      steps: [],
      steps_in: { tr: [], en: [] },
    },
    takes_texts: false,
    ...read,
    ...ticket,
    missing: missingOf(ticket, topic),
  };
}

/** What its topic still has to be asked, as tickets/answers.py finds it. */
export function missingOf(ticket: Ticket, topic: Topic | null): string[] {
  if (!topic) return [];
  const answered = (id: string): boolean => !["", null, undefined].includes(ticket.fields?.[id] as string);
  const questions = topic.questions.filter((one) => one.required && !answered(one.id)).map((one) => one.id);
  return topic.place === "needed" && !ticket.district ? [...questions, "district"] : questions;
}
