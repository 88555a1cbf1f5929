// Why the desk said no, in the language of the page. The desk's own words are English and name what is wrong exactly, so they
// stand behind ours, in a line of their own (components/Said.svelte).
import type { Messages } from "../messages/tr";
import { page } from "../text/page.svelte";
import type { Refused, Schemas } from "./api";

export type RefusalCode = NonNullable<Schemas["Problem"]["code"]>;

/** The words for a refusal in these messages; behind a line break those of the desk, if it had any. */
export function refusalIn(error: Pick<Refused, "status" | "code" | "detail">, t: Messages["refusals"]): string {
  const known: Partial<Record<string, string>> = t.codes;
  const words = known[error.code] ?? t.statuses[error.status] ?? t.other;
  return error.detail ? `${words}\n${error.detail}` : words;
}

/** The same in the language of the page. */
export function whyOf(error: Refused): string {
  return refusalIn(error, page.t.refusals);
}
