// Two drafts of one call, written at two pages of the same person. Pure.
import type { Draft } from "./drafts.svelte";

/** Both as one: of a choice the newer one counts, and no word of the other is lost. What has no room of its own goes to the text. */
export function joined(newer: Draft, older: Draft): Draft {
  const over: string[] = [];
  const line = (mine: string, theirs: string): string => {
    if (!mine.trim()) return theirs;
    if (theirs.trim() && !holds(mine, theirs) && !holds(theirs, mine)) over.push(theirs);
    return holds(theirs, mine) ? theirs : mine;
  };
  const fields: Record<string, string> = { ...newer.fields };
  for (const [question, answer] of Object.entries(older.fields))
    fields[question] = line(fields[question] ?? "", answer);
  const [address, name] = [line(newer.address, older.address), line(newer.name, older.name)];
  let text = newer.text;
  for (const words of [older.text, ...over])
    if (words.trim() && !holds(text, words)) text = holds(words, text) ? words : `${text}\n${words}`;
  const choices = {
    topic: newer.topic || older.topic,
    district: newer.district || older.district,
    parent: newer.parent || older.parent,
    follows: newer.follows || older.follows,
    number: newer.number || older.number,
  };
  // The key of the one that was first: whichever page saves it, it is one request.
  return { ...newer, ...choices, fields, address, name, text: text.trim(), key: older.key };
}

function holds(long: string, short: string): boolean {
  return long.includes(short.trim());
}
