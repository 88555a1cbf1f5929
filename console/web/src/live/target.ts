// The target of a caller who waits. The backend says when their wait is over it; pages compare, and decide nothing. Pure.
import type { Caller } from "./view";

/** Whether a caller's wait is over the target; `now` is the backend's clock, ms. */
export function isLate(caller: Caller, now: number): boolean {
  return caller.target_at != null && now > Date.parse(caller.target_at);
}

/** How long a caller has waited by the clock of the target, ms; 0 where no target is theirs. */
export function countedWait(caller: Caller, target_s: number, now: number): number {
  return caller.target_at == null ? 0 : Math.max(0, now - Date.parse(caller.target_at) + target_s * 1000);
}
