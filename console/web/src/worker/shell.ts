// What the worker of a page does with a question of the browser, and which answers it may keep. Pure.

/** A page and its files, as they were built together. */
export interface Shell {
  /** The page's path. */
  page: string;
  /** One word for what they hold. */
  version: string;
  /** Paths of all that the page loads. */
  files: readonly string[];
}

/** As much of a `Request` as is looked at. */
export interface Asked {
  method: string;
  mode: string;
  url: string;
}

/** Where an answer comes from: the page from the network first, a file from what is kept, anything else from the network alone. */
export type Way = "page" | "file" | "network";

const PREFIX = "cozum-shell:";

export function wayOf(asked: Asked, origin: string, shell: Shell): Way {
  const url = new URL(asked.url);
  if (asked.method !== "GET" || url.origin !== origin) return "network";
  if (asked.mode === "navigate") return url.pathname === shell.page ? "page" : "network";
  return shell.files.includes(url.pathname) ? "file" : "network";
}

/** The name under which this release is kept. */
export function cacheOf(shell: Shell): string {
  return `${PREFIX}${shell.page}:${shell.version}`;
}

/** Of all names under which something is kept, those of the page's other releases. */
export function othersOf(shell: Shell, names: readonly string[]): string[] {
  return names.filter((name) => name.startsWith(`${PREFIX}${shell.page}:`) && name !== cacheOf(shell));
}

/** Whether a document is this release's page: all that it loads is this release's. */
export function isOurs(html: string, shell: Shell): boolean {
  const loaded = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((found) => found[1] ?? "");
  return loaded.length > 0 && loaded.every((path) => shell.files.includes(path));
}

/** Whether an answer to the question for the page says only that the page cannot be had now. */
export function isAway(status: number): boolean {
  return status === 429 || status >= 500;
}
