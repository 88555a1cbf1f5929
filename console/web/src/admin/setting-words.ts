// A setting's value as it is read. Pure.
import type { Schemas } from "../api/api";
import type { Json } from "./edits";

type Setting = Pick<Schemas["Setting"], "choices" | "kind">;

interface Words {
  settingChoices: Record<Schemas["Setting"]["choices"][number], string>;
  on: string;
  off: string;
  none: string;
}

/** As it is typed. */
export function typed(value: Json): string {
  return Array.isArray(value) ? value.map(String).join(", ") : typeof value === "object" ? "" : String(value);
}

/** In words, where a setting has a list of them; what is empty is said so. */
export function inWords({ choices, kind }: Setting, value: Json, t: Words): string {
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return t.settingChoices[choice];
  if (kind === "switch") return value === true ? t.on : t.off;
  return typed(value) || t.none;
}
