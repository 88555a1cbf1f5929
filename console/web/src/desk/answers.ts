// The answers to a topic's questions, as they were typed, and as a request has them.
import type { Schemas } from "../api/api";

type Question = Pick<Schemas["TownQuestion"], "id" | "type" | "least" | "most">;

/** A number as a person may write it: JavaScript reads more, such as `1e3` and `0x10`. */
const WHOLE = /^\d{1,9}$/;

/** The questions whose typed answer is none: the API would refuse it. */
export function wrongAnswers<T extends Question>(questions: readonly T[], typed: Record<string, string>): T[] {
  return questions.filter((question) => {
    const given = (typed[question.id] ?? "").trim();
    if (!given || question.type !== "number") return false;
    return !WHOLE.test(given) || Number(given) < question.least || Number(given) > question.most;
  });
}

/** The answers that were given. One that is no number goes as it was typed: the API refuses it, and nothing is lost. */
export function answersOf(
  questions: readonly Question[],
  typed: Record<string, string>,
): Record<string, string | number> {
  const found: Record<string, string | number> = {};
  for (const { id, type } of questions) {
    const given = (typed[id] ?? "").trim();
    if (given) found[id] = type === "number" && WHOLE.test(given) ? Number(given) : given;
  }
  return found;
}
