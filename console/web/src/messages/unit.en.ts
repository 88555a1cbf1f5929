// The words of a unit's page alone, in English; see unit.tr.ts.
import type { unit as tr } from "./unit.tr";

export const unit: typeof tr = {
  point: "Its place on the map",
  openMap: "Open in the telephone's map",
  pointIn: (mahalle: string) => `The request's place on the map: ${mahalle}`,
  aMomentAgo: "a moment ago",
  oldList: (age: string) => `The list was fetched ${age}; it is renewed when the connection is back.`,
  newRelease: "This page has a new version: it is being loaded. What waits is sent by the new page.",
  newReleaseWaits:
    "This page has a new version. Load it when you have finished writing: what waits is sent by the new page.",
  newReleaseSends:
    "This page has a new version. What waits could not be kept on this device: it is sent from here before the page is loaded.",
  loadNew: "Load the page anew",
  outside: "This point is outside the town's map.",
};
