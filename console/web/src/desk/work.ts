// The requests that an agent opens, by the parts that the other desks have. What waits to be sent is in memory alone: many
// people use an agent's computer, and the desk keeps nothing of a citizen beyond the tab.
import { MemoryShelf } from "../requests/shelf";
import { Work } from "../requests/work.svelte";
import type { AgentDesk } from "./agent-desk.svelte";

export function openWork(desk: AgentDesk): Work {
  const person = {
    get session() {
      return desk.session;
    },
    user: desk.drafts.user,
    role: desk.session?.role ?? "agent",
    unit: "",
    api: desk.api,
  };
  return new Work(person, {
    listed: false,
    town: desk.town,
    shelf: new MemoryShelf(),
    go: (number) => desk.open(number),
  });
}
