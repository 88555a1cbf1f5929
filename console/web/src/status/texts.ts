// The words of the citizen's page. They are no part of `page.t`, which every page carries: the desks have no use for them.
import { status as en } from "../messages/status.en";
import { status as tr } from "../messages/status.tr";
import { page } from "../text/page.svelte";

const TEXTS: Record<typeof page.language, typeof tr> = { tr, en };

/** In the language of the page. */
export function texts(): typeof tr {
  return TEXTS[page.language];
}
