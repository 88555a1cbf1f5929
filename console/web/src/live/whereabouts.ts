// Where a caller is who neither waits nor talks to an agent: kept for one whose page went in the talk, or at an outside
// telephone. They are not lost, and every page must say so.
import type { Agent, AgentState, LiveState, OutsideCaller } from "./view";

/** What an agent does, as people see it. `keeps`: their page went in the talk, and the caller holds for them. The line calls that
    `ringing` too, but no phone rings. */
export type Doing = AgentState | "keeps";

/** At an outside telephone, which rings or has answered. */
export type Outside = "outside_ringing" | "outside_talking";
/** Where a caller is: kept for an agent, or at an outside telephone. */
export type Whereabouts = "kept" | Outside;

export function doingOf(agent: Pick<Agent, "state" | "keeps">): Doing {
  return agent.keeps ? "keeps" : agent.state;
}

/** Where the caller of a call that goes on is; null while they wait, are rung for or talk as usual. */
export function whereaboutsOf(state: Pick<LiveState, "agents" | "outside">, call: string): Whereabouts | null {
  if (state.agents.some((agent) => agent.keeps && agent.call === call)) return "kept";
  return outsideWhere(state.outside.find((one) => one.id === call));
}

/** The caller whom this agent handed over, as long as that concerns them: the telephone rings, so the caller may come back; or
    it has answered, and the agent is still in the work after that call. */
export function handedOverBy(
  outside: readonly OutsideCaller[],
  agent: Pick<Agent, "extension" | "call">,
): Outside | null {
  const mine = outside.filter((one) => one.agent === agent.extension);
  return outsideWhere(mine.find((one) => one.state === "ringing") ?? mine.find((one) => one.id === agent.call));
}

function outsideWhere(one: OutsideCaller | undefined): Outside | null {
  if (!one) return null;
  return one.state === "ringing" ? "outside_ringing" : "outside_talking";
}
