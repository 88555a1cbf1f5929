// Which requests are listed, and how the API is asked for them. Pure.
import type { State } from "./types";

export interface Filters {
  /** A state, `open` (the outcome is still to come) or `all`. */
  state: State | "open" | "all";
  unit: string;
  topic: string;
  district: string;
  overdue: boolean;
  q: string;
}

export function allOpen(): Filters {
  return { state: "open", unit: "", topic: "", district: "", overdue: false, q: "" };
}

/** As the API takes them. */
export function query(filters: Filters): URLSearchParams {
  const asked = new URLSearchParams();
  if (filters.state === "open") asked.set("open", "true");
  else if (filters.state !== "all") asked.set("state", filters.state);
  for (const name of ["unit", "topic", "district"] as const) if (filters[name]) asked.set(name, filters[name]);
  if (filters.overdue) asked.set("overdue", "true");
  if (filters.q.trim()) asked.set("q", filters.q.trim());
  return asked;
}

/** As the map's counts are asked for: of open requests in every mahalle. */
export function countQuery(filters: Filters): URLSearchParams {
  const asked = query(filters);
  for (const name of ["open", "district", "q"]) asked.delete(name);
  return asked;
}
