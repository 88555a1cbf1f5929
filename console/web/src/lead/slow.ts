// Who picks up slowly: as `cozum report --why` has it (acd/report/waits.py).
import type { Schemas } from "../api/api";

export type DayWaits = Schemas["DayWaits"];

/** An agent is slow whose median is this much longer than that of all… */
const SLOW = 1.5;
/** …and longer than a second. */
const LEAST_S = 1;
/** Of fewer calls a median says nothing. */
const LEAST_CALLS = 5;

export function isSlow(extension: string, why: DayWaits | null): boolean {
  const usual = why?.pick_up?.p50_s;
  const one = why?.pick_ups.find((pickUp) => pickUp.extension === extension);
  return (
    usual !== undefined && one !== undefined && one.calls >= LEAST_CALLS && one.p50_s >= Math.max(SLOW * usual, LEAST_S)
  );
}

/** Slow agents, the slowest first. */
export function slowOf(why: DayWaits): { extension: string; p50_s: number }[] {
  return why.pick_ups
    .filter((one) => isSlow(one.extension, why))
    .sort((a, b) => b.p50_s - a.p50_s || a.extension.localeCompare(b.extension));
}
