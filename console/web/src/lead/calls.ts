// Calls that are looked for, and the parts of one. Pure.
import type { Schemas } from "../api/api";
import { codeOf, isAltAlone, type Pressed } from "../components/pressed";
import { atTime, beginOf } from "../text/days";

export type ListedCall = Schemas["ListedCall"];
export type WholeCall = Schemas["CallWithHistory"];

export interface CallFilters {
  /** 2026-11-29; empty: today. */
  day: string;
  /** 09:10; empty: from the day's begin, to its end. */
  from: string;
  until: string;
  agent: string;
  service: string;
  class: string;
  /** `outcome answered` or `disposition existing`; empty: any. */
  result: string;
  caller: string;
}

export function anyCall(): CallFilters {
  return { day: "", from: "", until: "", agent: "", service: "", class: "", result: "", caller: "" };
}

/** A number as the API takes one, also with blanks. */
export function isNumber(text: string): boolean {
  return /^[0-9+() ./-]*$/.test(text);
}

/** What the API is asked by the filters. The last minute belongs to the time. */
export function callsQuery(filters: CallFilters, today: string, zone: string | undefined): URLSearchParams {
  const day = filters.day || today;
  const asked = new URLSearchParams({
    since: filters.from ? atTime(day, filters.from, zone) : beginOf(day, zone),
    until: filters.until ? atTime(day, filters.until, zone, 1) : beginOf(day, zone, 1),
  });
  const [kind, result] = filters.result.split(" ");
  const equal = { agent: filters.agent, service: filters.service, class: filters.class, caller: filters.caller.trim() };
  for (const [name, value] of Object.entries({ ...equal, ...(kind && result ? { [kind]: result } : {}) }))
    if (value) asked.set(name, value);
  return asked;
}

/** The path of the next page, by the answer's `Link`; empty: there is none. */
export function nextOf(link: string): string {
  return /^<\/api\/v1([^>]+)>/.exec(link)?.[1] ?? "";
}

/** A first page that was read anew, before what is known of the pages behind it. */
export function joined(first: readonly ListedCall[], known: readonly ListedCall[]): readonly ListedCall[] {
  const last = first.at(-1);
  if (!last) return first;
  const ids = new Set(first.map((one) => one.id));
  const behind = known.filter((one) => one.entered_at <= last.entered_at && !ids.has(one.id));
  return [...first, ...behind];
}

/** The wait that the target is held against: an urgent caller's counts from the line's answer. */
export function waitOf(call: Pick<ListedCall, "class" | "wait_s" | "answer_delay_s">): number | null {
  return (call.class === "urgent" ? call.answer_delay_s : null) ?? call.wait_s ?? null;
}

export interface CallPart {
  key: string;
  at: string;
  kind: "offer" | "talk" | "hold" | "transfer" | "outside";
  /** Whose phone rang, who talked, who sent the caller on. */
  agent: string;
  /** To whom: an extension, a service, or an outside telephone. */
  to: string;
  /** What became of it, in the backend's word. */
  result: string;
  seconds: number | null;
}

type Step = Schemas["Step"];

/** Offers, talks, holds and transfers, in order. Of what was not ended there is no length. */
export function partsOf(call: WholeCall): CallPart[] {
  const steps = call.history;
  const found = steps.flatMap((step, place): CallPart[] => {
    const { at, data } = step;
    const of = (name: string): string => String(data[name] ?? "");
    const part = { key: `${step.type} ${place}`, at, agent: of("agent"), to: "", result: "", seconds: null };
    const behind = steps.slice(place + 1);
    switch (step.type) {
      case "offer_made": {
        const end = behind.find((one) => one.type === "offer_ended" && one.data.offer === data.offer);
        const seconds = typeof end?.data.ring_s === "number" ? end.data.ring_s : null;
        return [{ ...part, kind: "offer", result: String(end?.data.result ?? ""), seconds }];
      }
      case "hold_began": {
        const end = behind.find((one) => ["hold_ended", "talk_ended", "call_ended"].includes(one.type));
        return [{ ...part, kind: "hold", seconds: end ? between(step, end) : null }];
      }
      case "call_transferred":
        return [{ ...part, kind: "transfer", agent: of("by"), to: of("agent") || of("service"), result: of("to") }];
      case "hand_over_began": {
        const end = behind.find((one) => one.type === "hand_over_ended");
        const seconds = typeof end?.data.rang_s === "number" ? end.data.rang_s : null;
        const result = String(end?.data.result ?? "");
        return [{ ...part, kind: "outside", agent: of("by"), to: of("to"), result, seconds }];
      }
      default:
        return [];
    }
  });
  const talks = call.segments.map((one, place): CallPart => {
    const { began_at: at, agent, how: result, talk_s: seconds } = one;
    return { key: `talk ${place}`, at, kind: "talk", agent, to: "", result, seconds };
  });
  return [...found, ...talks].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/** Where a recording has silence: from when to when, in seconds of the talk. It may last to the talk's end. */
export function pausesOf(call: WholeCall): { from: number; to: number | null }[] {
  const begin = call.segments[0]?.began_at ?? call.answered_at;
  if (!begin) return [];
  return call.history.flatMap((step, place) => {
    if (step.type !== "recording_paused") return [];
    const behind = call.history.slice(place + 1);
    const end = behind.find((one) => one.type === "recording_resumed" || one.type === "talk_ended");
    const from = Math.max(0, (Date.parse(step.at) - Date.parse(begin)) / 1000);
    return [{ from, to: end ? from + between(step, end) : null }];
  });
}

function between(step: Step, end: Step): number {
  return (Date.parse(end.at) - Date.parse(step.at)) / 1000;
}

/** Whether a key leads to the list: Alt with the key on which L stands, as on the pages of requests. */
export function isListKey(event: Pressed): boolean {
  return isAltAlone(event) && codeOf(event) === "KeyL";
}
