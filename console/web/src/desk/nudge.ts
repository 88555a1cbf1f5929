// Whether a call that is over has come to nothing yet. Pure.
import type { Schemas } from "../api/api";
import type { Agent } from "../live/view";

type Context = Pick<Schemas["CallContext"], "id" | "ticket">;

/** In after-call work: the agent's call still has its form, so it has neither a request of theirs nor a disposition, and the line
 * has opened no request for it either. */
export function lacksResult(
  me: Pick<Agent, "state" | "call"> | null,
  hasForm: (call: string) => boolean,
  context: Context | null,
): boolean {
  if (me?.state !== "wrapup" || !me.call || !hasForm(me.call)) return false;
  return !(context?.id === me.call && context.ticket);
}
