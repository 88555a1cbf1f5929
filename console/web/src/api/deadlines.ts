// How long a page waits for an answer, ms. A network that swallows everything says nothing by itself, and a browser
// gives up after minutes. Each is longer than the backend may take, which says no before that.

/** For an answer as a rule: the backend gives each part behind it five seconds. */
export const ANSWER_MS = 20_000;
/** For what the backend itself takes long for: it speaks texts, converts recordings, reads and writes files. */
export const SLOW_MS = 60_000;
/** For a file, either way: the backend lets an upload take a minute (`file_s` in console/server.py). */
export const FILE_MS = 90_000;

const SLOW = /^\/(config|prompts|surge|report|flow|tickets\/import)\b/;

/** How long to wait for the answer to a request for `path`; `file`: it carries one, or the answer does. */
export function deadlineOf(path: string, file = false): number {
  if (file) return FILE_MS;
  return SLOW.test(path) ? SLOW_MS : ANSWER_MS;
}
