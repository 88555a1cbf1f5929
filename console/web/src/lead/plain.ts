// Figures of the shift as a lead reads them. Pure.
import type { Schemas } from "../api/api";
import { isLate } from "../live/target";
import type { Caller } from "../live/view";

/** How many callers are usual, from a mean: no mean of 0.3 people ever called. */
export function usual(mean: number): [from: number, to: number] {
  const from = Math.floor(mean);
  return [from, Math.max(Math.ceil(mean), from + 1)];
}

/** Causes for which anything was waited, as it is shown: a tenth of a second at least. */
export function waitedFor(causes: readonly Schemas["WaitCause"][]): Schemas["WaitCause"][] {
  return causes.filter((one) => Math.round(one.waited_s * 10) > 0);
}

/** Urgent callers who hold the line beyond the target now; `now` is the backend's clock, ms. */
export function beyond(queue: readonly Caller[], now: number): number {
  return queue.filter((one) => one.class === "urgent" && !one.callback && isLate(one, now)).length;
}
