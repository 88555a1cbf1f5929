// The words of a unit's page alone, in English; see unit.tr.ts.
import type { unit as tr } from "./unit.tr";

export const unit: typeof tr = {
  point: "Its place on the map",
  openMap: "Open in the telephone's map",
  pointIn: (mahalle: string) => `The request's place on the map: ${mahalle}`,
  outside: "This point is outside the town's map.",
};
