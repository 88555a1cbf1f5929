// What a clock is called in a list to choose from. Pure.
import type { Json } from "./edits";

/** Its name, and how long it is unless the name says so: "Danger (180 minutes)", but "Seven working days". */
export function clockLabel(name: string, limit: Json | undefined, unit: string): string {
  if (typeof limit !== "number" || !unit || name.toLocaleLowerCase("tr").endsWith(unit)) return name;
  return `${name} (${limit} ${unit})`;
}
