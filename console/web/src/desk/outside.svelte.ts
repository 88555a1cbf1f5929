// Those outside the line to whom an agent may hand a caller over: bodies, and people on duty.
import { toasts } from "../components/toasts.svelte";
import type { Schemas } from "../api/api";
import { page } from "../text/page.svelte";
import type { AgentDesk } from "./agent-desk.svelte";

export type Target = Schemas["HandOverTarget"];

export class Outside {
  targets = $state.raw<Target[]>([]);
  /** A caller is being handed over. */
  handing = $state(false);

  constructor(private readonly desk: Pick<AgentDesk, "api" | "me" | "tell">) {}

  /** Ask to whom callers may be handed over now. */
  async look(): Promise<void> {
    try {
      this.targets = await this.desk.api.get<Target[]>("/hand-over-targets");
    } catch (error) {
      this.desk.tell(error);
    }
  }

  /** Hand the caller over. If nobody answers there, the caller is back. */
  async handOver(to: Target): Promise<void> {
    const { call } = this.desk.me ?? {};
    if (!call || this.handing) return;
    this.handing = true;
    try {
      await this.desk.api.send("POST", `/calls/${encodeURIComponent(call)}/hand-over`, { target: to.target });
      toasts.say(page.t.desk.handedOver(this.nameOf(to)), "good");
    } catch (error) {
      this.desk.tell(error);
    } finally {
      this.handing = false;
    }
  }

  nameOf(to: Target): string {
    return to.name[page.language] ?? to.target;
  }
}
