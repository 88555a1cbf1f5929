/** In the id of each call about an outcome, also of one that the line made and whose citizen wanted an agent. */
const MARK = "-outcome.";

/** Whether a call is about the outcome of a request. */
export function isAboutOutcome(call: string | null | undefined): call is string {
  return call?.includes(MARK) ?? false;
}
