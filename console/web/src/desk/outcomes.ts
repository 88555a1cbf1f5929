/** In the id of each call about an outcome, also of one that the line made and whose citizen wanted an agent. */
const MARK = "-outcome.";

/** Whether a call is about the outcome of a request. */
export function isAboutOutcome(call: string | null | undefined): call is string {
  return call?.includes(MARK) ?? false;
}

/** In the id of each call by which somebody rings a citizen about a task. */
const TASK_MARK = "-task.";

/** Whether a call is about something that we have already: an outcome, or a task. It begins no request. */
export function isOurs(call: string | null | undefined): boolean {
  return [MARK, TASK_MARK].some((mark) => call?.includes(mark) ?? false);
}

/** The key of a write whose answer may be lost: the same write sent again has the same key, and is made once. */
export class Once {
  #last = { write: "", key: "" };

  keyOf(path: string, body: object): string {
    const write = JSON.stringify([path, body]);
    if (this.#last.write !== write) this.#last = { write, key: crypto.randomUUID() };
    return this.#last.key;
  }
}
