// Which call the key that hangs up is meant for. A key is on its way for as long as a person needs to see and to react.
import type { Call } from "../telephone/call.svelte";

/** For so long, ms, a key may be meant for what was there before. */
export const REACTION_MS = 1000;

/** Whether the key is meant for the call before this one: it has only begun to ring, or the other side of the call that
 * the agent wanted to end has just ended it. A call that the agent dialled is their own doing. */
export function isForTheCallBefore(
  call: Pick<Call, "isIncoming" | "state" | "begunAt">,
  leftAt: number,
  now: number,
): boolean {
  if (!call.isIncoming) return false;
  const since = call.state === "ringing" ? Math.max(call.begunAt, leftAt) : leftAt;
  return since <= now && now - since < REACTION_MS;
}
