// A request that came in writing and is typed in by hand. Pure.
import type { Schemas } from "../api/api";
import { pointIn } from "../requests/point-text";
import { beginOf, dayOf } from "../text/days";

/** The kinds of requests in writing, whose time limits the law counts from the day on which they came. */
export const KINDS = ["petition", "information", "cimer"] as const;

export interface Paper {
  kind: (typeof KINDS)[number];
  /** The day on which it came (2026-11-27). */
  received: string;
  topic: string;
  district: string;
  address: string;
  /** Where it is, as it is written: `41.028, 28.674`. */
  point: string;
  name: string;
  caller: string;
  text: string;
}

/** So many days before today it may have come; the backend takes no older one. */
const OLDEST_DAYS = 364;

/** The days between which it may have come. */
export function daysOf(now: number, zone: string | undefined): { first: string; last: string } {
  return { first: dayOf(now, zone, -OLDEST_DAYS), last: dayOf(now, zone) };
}

export function empty(now: number, zone: string | undefined): Paper {
  const nothing = { topic: "", district: "", address: "", point: "", name: "", caller: "", text: "" };
  return { kind: "petition", received: dayOf(now, zone), ...nothing };
}

/** Whether both say the same; spaces around words say nothing. */
export function isSame(one: Paper, other: Paper): boolean {
  const names = Object.keys(other) as (keyof Paper)[];
  return names.every((name) => one[name].trim() === other[name].trim());
}

/** What is wrong with the day; empty: nothing. */
export function wrongDay(
  { received }: Pick<Paper, "received">,
  now: number,
  zone: string | undefined,
): "" | "noDay" | "future" | "tooOld" {
  const { first, last } = daysOf(now, zone);
  if (!received) return "noDay";
  return received > last ? "future" : received < first ? "tooOld" : "";
}

/** The request to be opened. One that came today is opened at this moment, and not as of midnight. */
export function newTicket(
  paper: Paper,
  service: string,
  now: number,
  zone: string | undefined,
): Partial<Schemas["NewTicketBody"]> {
  const { kind, received, topic, district, point, ...written } = paper;
  return {
    ...written,
    ...pointIn(point),
    kind,
    service,
    topic: topic || null,
    district: district || null,
    channel: "paper",
    received_at: received === dayOf(now, zone) ? null : beginOf(received, zone),
  };
}
