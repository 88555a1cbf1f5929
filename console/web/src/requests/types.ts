// Requests as the API has them.
import type { Schemas } from "../api/api";

export type Ticket = Schemas["Ticket"];
export type Whole = Schemas["WholeTicket"];
export type State = Ticket["state"];
export type Step = Schemas["HistoryStep"];
export type Move = Schemas["TownMove"];
export type Task = Schemas["Task"];

/** States in which the outcome is still to come. */
export const OPEN: readonly State[] = [
  "new",
  "assigned",
  "accepted",
  "in_progress",
  "waiting_citizen",
  "waiting_outside",
];
