// How far the monitoring of a talk is that a lead has asked for. Pure.

/** `granted`: the lead's telephone may dial. `dialled`: the one at their open desk has. `heard`: the line says that the talk is
 * monitored. `none`: nothing was asked for, or it is over. */
export type Monitoring = "none" | "granted" | "dialled" | "heard";

/** What it is now. `monitored`: the line's word of the talk; `inTime`: the telephone may still dial. */
export function follow(before: Monitoring, monitored: boolean, inTime: boolean): Monitoring {
  if (before === "none") return "none";
  if (monitored) return "heard";
  return before === "heard" || !inTime ? "none" : before;
}
