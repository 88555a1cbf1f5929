// The live view as the backend sends it: a whole `state`, then `change`s. Pure; `stream.ts` brings them.
import type { components } from "../api/schema";

type Schemas = components["schemas"];
export type LiveState = Schemas["LiveState"];
export type LiveChange = Schemas["LiveChange"];
export type Agent = Schemas["Agent"];
export type Caller = Schemas["LiveCaller"];
export type OutsideCaller = Schemas["OutsideCaller"];
export type Call = Schemas["Call"];
export type Group = Schemas["Group"];
export type AgentState = Agent["state"];
export type Outcome = NonNullable<Call["outcome"]>;

/** A change does not follow the state it was to be applied to. The way out is a new `state`. */
export class OutOfStep extends Error {}

interface ListChange<T> {
  set: T[];
  order?: string[] | null;
}

/** The state after `change`. Records that did not change stay the same objects. Throws `OutOfStep`. */
export function apply(state: LiveState, change: LiveChange): LiveState {
  if (change.seq !== state.seq + 1) throw new OutOfStep(`change ${change.seq} after state ${state.seq}`);
  const next = { ...state, seq: change.seq, at: change.at };
  if (change.timezone != null) next.timezone = change.timezone;
  if (change.troubles != null) next.troubles = change.troubles;
  if (change.agents) next.agents = applyList(state.agents, change.agents, (agent) => agent.extension);
  if (change.queue) next.queue = applyList(state.queue, change.queue, (caller) => caller.id);
  if (change.outside) next.outside = applyList(state.outside, change.outside, (caller) => caller.id);
  if (change.calls) next.calls = applyList(state.calls ?? [], change.calls, (call) => call.id);
  else if (change.calls === null) next.calls = null;
  if (change.figures) {
    next.figures = { ...change.figures, windows: { ...state.figures.windows, ...change.figures.windows } };
  }
  return next;
}

function applyList<T>(list: readonly T[], change: ListChange<T>, keyOf: (record: T) => string): T[] {
  const known = new Map([...list, ...change.set].map((record) => [keyOf(record), record]));
  const order = change.order ?? list.map(keyOf);
  return order.map((key) => {
    const record = known.get(key);
    if (!record) throw new OutOfStep(`the order names ${key}, which was never sent`);
    return record;
  });
}
