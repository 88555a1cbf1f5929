// Edits of a configuration file, as the API takes them: a path of keys and a value; null removes the key. Pure.
import type { Schemas } from "../api/api";

export type Edit = Required<Pick<Schemas["EditBody"], "path">> & { value: Json };
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type Table = Record<string, Json>;

/** In a list of tables an entry is named by its identity. */
const IDENTITIES: Record<string, string> = { agent: "extension", topic: "id", unit: "id" };

export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path; undefined if there is none. */
export function valueAt(values: Table, path: readonly string[]): Json | undefined {
  let here: Json | undefined = values;
  for (const [place, key] of path.entries()) {
    const identity = IDENTITIES[path[place - 1] ?? ""];
    if (Array.isArray(here) && place === 1 && identity) {
      here = here.find((one) => isTable(one) && one[identity] === key);
    } else if (isTable(here)) {
      here = here[key];
    } else {
      return undefined;
    }
  }
  return here;
}

export function same(one: Json | undefined, other: Json | undefined): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

/** These edits with one more. It takes the place of those of the same key and of keys within it. It is dropped where the key has this
 * value without it: in the file as the other edits leave it, which may have added or removed the table around the key. */
export function withEdit(edits: readonly Edit[], values: Table, path: readonly string[], value: Json): Edit[] {
  const others = edits.filter((one) => !path.every((key, place) => one.path[place] === key));
  return same(valueAt(applied(values, others), path), value) ? others : [...others, { path: [...path], value }];
}

/** The values as they are once the edits are made. */
export function applied(values: Table, edits: readonly Edit[]): Table {
  const found = structuredClone(values);
  for (const edit of edits) put(found, edit.path, edit.value);
  return found;
}

function put(values: Table, path: readonly string[], value: Json): void {
  let here: Json = values;
  for (const [place, key] of path.slice(0, -1).entries()) {
    const next: Json | undefined = valueAt(isTable(here) ? here : {}, [key]) ?? inList(here, path[place - 1], key);
    if (next !== undefined && next !== null) here = next;
    else if (value === null || !isTable(here)) return;
    else here = here[key] = {};
  }
  const last = path.at(-1) ?? "";
  const identity = IDENTITIES[path.at(-2) ?? ""];
  if (Array.isArray(here) && identity) {
    const at = here.findIndex((one) => isTable(one) && one[identity] === last);
    if (value === null) here.splice(at, at < 0 ? 0 : 1);
    else if (at < 0) here.push({ [identity]: last, ...(isTable(value) ? value : {}) });
    else here[at] = { [identity]: last, ...(isTable(value) ? value : {}) };
  } else if (isTable(here)) {
    if (value === null) Reflect.deleteProperty(here, last);
    else here[last] = value;
  }
}

function inList(list: Json, name: string | undefined, key: string): Json | undefined {
  const identity = IDENTITIES[name ?? ""];
  if (!Array.isArray(list) || !identity) return undefined;
  return list.find((one) => isTable(one) && one[identity] === key);
}

/** The levels at which an agent takes services, by service; empty: all, at level 1. */
export function levelsOf(agent: Table): Record<string, number> {
  const levels: Record<string, number> = {};
  for (const one of Array.isArray(agent.services) ? agent.services : []) levels[String(one)] = 1;
  for (const [one, level] of Object.entries(isTable(agent.skills) ? agent.skills : {})) levels[one] = Number(level);
  return levels;
}

/** Levels as the file has them: services at level 1 are a list, others a table; null where there are none. */
export function fromLevels(levels: Record<string, number>): { services: Json; skills: Json } {
  const services = Object.keys(levels).filter((one) => levels[one] === 1);
  const skilled = Object.entries(levels).filter(([, level]) => level > 1);
  return { services: services.length ? services : null, skills: skilled.length ? Object.fromEntries(skilled) : null };
}

/** The levels with one service at another level, 0: not at all. An agent who takes all services keeps the others. */
export function withLevel(
  agent: Table,
  services: readonly string[],
  service: string,
  level: number,
): Record<string, number> {
  const levels = takesAll(agent) ? every(services) : levelsOf(agent);
  const found = Object.fromEntries(services.flatMap((one) => (levels[one] ? [[one, levels[one]]] : [])));
  if (level) found[service] = level;
  else Reflect.deleteProperty(found, service);
  return Object.fromEntries(services.flatMap((one) => (found[one] ? [[one, found[one]]] : [])));
}

/** Whether an agent takes all services, also those that the town adds later. */
export function takesAll(agent: Table): boolean {
  return Object.keys(levelsOf(agent)).length === 0;
}

/** Each service at level 1. */
export function every(services: readonly string[]): Record<string, number> {
  return Object.fromEntries(services.map((one) => [one, 1]));
}
