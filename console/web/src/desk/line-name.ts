/** What the line calls a call, without the word for its urgency: a telephone on a desk shows these words alone, but the page has
 * a sign for it. */
export function withoutUrgency(name: string): string {
  return name.replace(/^ACİL:? /u, "");
}

/** Whether the line calls it urgent. */
export function isCalledUrgent(name: string): boolean {
  return name.startsWith("ACİL");
}
