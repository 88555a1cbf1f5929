// The hours of some days as lines of one plot. Pure.
import type { Schemas } from "../api/api";

export type DayReport = Schemas["DayReport"];
export type DayPlan = Schemas["DayPlan"];
export type Measure = "offered" | "wait" | "target" | "agents";

export interface Curve {
  /** Hours of the day, from the first in which anything was to the last. */
  hours: number[];
  /** For each day, a value for each hour; null: nothing to tell. */
  days: (number | null)[][];
  /** The same for what was planned; null: today has no plan. */
  plan: (number | null)[] | null;
}

/** `days`: today first; a day that is not known is null. `hour`: the present one, after which today has no values. */
export function curveOf(
  days: readonly (DayReport | null)[],
  plan: DayPlan | null,
  measure: Measure,
  hour: number,
): Curve {
  const seen = [
    ...days.flatMap((day) => day?.hours.filter((one) => one.offered).map((one) => one.hour) ?? []),
    ...(plan?.hours.filter((one) => one.calls).map((one) => one.hour) ?? []),
  ];
  if (!seen.length) return { hours: [], days: days.map(() => []), plan: plan && [] };
  const [first, last] = [Math.min(...seen), Math.max(...seen)];
  const hours = Array.from({ length: last - first + 1 }, (_, place) => first + place);
  return {
    hours,
    days: days.map((day, place) =>
      hours.map((one) => (day === null || (place === 0 && one > hour) ? null : valueOf(day, measure, one))),
    ),
    plan: plan && hours.map((one) => plannedOf(plan, measure, one)),
  };
}

/** A plot of one hour would be a point. */
const LEAST_HOURS = 4;

/** What the plot's axis shows, from and to: all hours, some at least, and none that no day has. */
export function axisOf(hours: readonly number[]): [from: number, to: number] {
  const [first = 0, last = 0] = [hours.at(0), hours.at(-1)];
  const from = Math.max(0, Math.min(first, 23 - LEAST_HOURS));
  return [from - 0.25, Math.max(last, from + LEAST_HOURS) + 0.25];
}

function plannedOf(plan: DayPlan, measure: Measure, hour: number): number | null {
  const row = plan.hours.find((one) => one.hour === hour);
  if (!row) return null;
  if (measure === "offered") return row.calls;
  if (measure === "agents") return row.agents;
  return measure === "wait" ? row.asa_s : percent(row.within_target);
}

function valueOf(day: DayReport, measure: Measure, hour: number): number | null {
  const row = day.hours.find((one) => one.hour === hour);
  if (measure === "offered") return row?.offered ?? 0;
  if (!row) return null;
  if (measure === "wait") return row.asa_s ?? null;
  return measure === "agents" ? row.agents : percent(row.within_target);
}

/** Rounded down, so that 100 is all of them. */
function percent(share: number | null): number | null {
  return share === null ? null : Math.floor(share * 100 + 1e-9);
}

/** The hour of the day in a zone. */
export function hourAt(ms: number, zone: string | undefined): number {
  const format = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    hour12: false,
    ...(zone ? { timeZone: zone } : {}),
  });
  return Number(format.format(ms)) % 24;
}

/** The date of a day so many days before, in a zone: 2025-11-24. */
export function dayBefore(ms: number, days: number, zone: string | undefined): string {
  const format = new Intl.DateTimeFormat("en-CA", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    ...(zone ? { timeZone: zone } : {}),
  });
  const [year = 0, month = 1, day = 1] = format.format(ms).split("-").map(Number);
  return new Date(Date.UTC(year, month - 1, day - days)).toISOString().slice(0, 10);
}
