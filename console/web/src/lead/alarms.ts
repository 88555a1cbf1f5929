// What a shift lead must not miss. Pure: the state, how the connection is and the time come as arguments.
import type { Schemas } from "../api/api";
import { codeOf, isAltAlone, type Pressed } from "../components/pressed";
import { isLate } from "../live/target";
import type { Link } from "../live/trouble";
import type { LiveState } from "../live/view";

export type AlarmKind = "urgent" | "nobody" | "away" | "lost" | "duty";
export type DutyAlarm = Schemas["DutyAlarm"];

export interface Alarm {
  kind: AlarmKind;
  /** One cause of one alarm: what was silenced stays so until it is over, and the next one is heard. */
  key: string;
  /** Of an urgent caller. */
  service?: string;
  /** The request that nobody on duty accepts. */
  duty?: DutyAlarm;
  /** Since when it lasts, ms; null: not known. */
  since: number | null;
}

const OFF_DUTY = ["offline", "paused", "unavailable"];

/** All alarms now, the gravest first. `now` is the backend's clock, ms; `duty` comes from the requests, which are there without a
 * line too. */
export function alarmsOf(state: LiveState | null, link: Link, now: number, duty: readonly DutyAlarm[] = []): Alarm[] {
  // The last telephone that rang in vain is a new cause: nobody is left who could accept.
  const unaccepted = duty.map((one): Alarm => {
    return {
      kind: "duty",
      key: `duty ${one.number}${!one.unit ? " no unit" : one.over ? " over" : ""}`,
      duty: one,
      since: Date.parse(one.since),
    };
  });
  if (!state || link === "connecting") return unaccepted;
  const found: Alarm[] = [];
  if (link === "lost") found.push({ kind: "lost", key: "lost", since: Date.parse(state.at) });
  if (link === "away" || link === "down") found.push({ kind: "away", key: "away", since: null });
  for (const caller of state.queue) {
    if (caller.class === "urgent" && !caller.callback && isLate(caller, now)) {
      const since = Date.parse(caller.queued_at);
      found.push({ kind: "urgent", key: `urgent ${caller.id}`, service: caller.service, since });
    }
  }
  found.push(...unaccepted);
  if (state.agents.every((agent) => OFF_DUTY.includes(agent.state)))
    found.push({ kind: "nobody", key: "nobody", since: null });
  return found;
}

/** Alarms that nobody has silenced. */
export function loud(alarms: readonly Alarm[], silenced: readonly string[]): Alarm[] {
  return alarms.filter((alarm) => !silenced.includes(alarm.key));
}

/** Whether a key silences them: Alt with the key on which S stands. */
export function silences(event: Pressed): boolean {
  return isAltAlone(event) && codeOf(event) === "KeyS";
}

/** Of what was silenced, what still lasts: an alarm that comes anew is heard anew. */
export function stillSilenced(alarms: readonly Alarm[], silenced: readonly string[]): string[] {
  return silenced.filter((key) => alarms.some((alarm) => alarm.key === key));
}
