// Which requests are listed, and how the API is asked for them. Pure.
import { OPEN, type State, type Ticket } from "./types";

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

/** Whether the filters would list a request, for those that are kept without a network. `words` are what else is found by it, such as
 * the names of its topic and mahalle; `locale` is the page's. The backend finds more: it knows how people misspell. */
export function matches(ticket: Ticket, filters: Filters, words: readonly string[], locale: string): boolean {
  const { state, unit, topic, district, overdue, q } = filters;
  if (state === "open" ? !OPEN.includes(ticket.state) : state !== "all" && ticket.state !== state) return false;
  if ((unit && ticket.unit !== unit) || (topic && ticket.topic !== topic)) return false;
  if ((district && ticket.district !== district) || (overdue && !ticket.overdue)) return false;
  const said = [ticket.number, ticket.text, ticket.address, ticket.name, ...words].join("\n").toLocaleLowerCase(locale);
  return q
    .trim()
    .toLocaleLowerCase(locale)
    .split(/\s+/)
    .every((word) => said.includes(word));
}
