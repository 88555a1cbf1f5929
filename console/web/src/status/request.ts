// A citizen's own request, as the desk lets them read it.
import type { Schemas } from "../api/api";
import { ANSWER_MS } from "../api/deadlines";

export type PublicRequest = Required<Schemas["PublicRequest"]>;

/** Why there is nothing to read: none like that, asked too often, or the desk is away. */
export type Trouble = "unknown" | "too_many" | "away";

export async function ask(
  wish: { number: string; digits: string } | { code: string },
): Promise<PublicRequest | Trouble> {
  try {
    const answer = await fetch("/durum/request", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(wish),
      cache: "no-store",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (answer.ok) return (await answer.json()) as PublicRequest;
    if (answer.status === 404 || answer.status === 422) return "unknown";
    return answer.status === 429 ? "too_many" : "away";
  } catch {
    return "away";
  }
}

/** How far along a request is: received, with the unit, worked on, decided. */
export function stage(state: string): 0 | 1 | 2 | 3 {
  if (state === "new") return 0;
  if (state === "assigned" || state === "accepted") return 1;
  return state === "in_progress" || state === "waiting_citizen" || state === "waiting_outside" ? 2 : 3;
}

/** What is said of a request: how it was decided once that is known, else its state. */
export function sentenceOf(
  request: Pick<PublicRequest, "state" | "outcome">,
  states: Record<PublicRequest["state"], string>,
): string {
  const over = request.state === "told" || request.state === "closed";
  return states[(over && request.outcome) || request.state];
}
