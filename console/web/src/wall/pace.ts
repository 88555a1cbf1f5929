// How the mean wait is rated. Pure.
export type Pace = "good" | "low" | "bad";

/** By the mean wait of the day (null: nobody has waited) and the longest wait that is running, both in seconds: a mean is of waits that
 * are over, and says nothing of those who wait now. Within the target, less than half as much again, or more. */
export function paceOf(mean_s: number | null, longest_s: number, target_s: number): Pace {
  const most = Math.max(mean_s ?? 0, longest_s);
  return most <= target_s ? "good" : most <= 1.5 * target_s ? "low" : "bad";
}
