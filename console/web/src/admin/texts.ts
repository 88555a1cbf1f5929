// The words of the administrator's page. They are no part of `page.t`, which every page carries: agents and units have no use for them.
import { admin as en } from "../messages/admin.en";
import { admin as tr } from "../messages/admin.tr";
import { page } from "../text/page.svelte";

const TEXTS: Record<typeof page.language, typeof tr> = { tr, en };

/** In the language of the page. */
export function texts(): typeof tr {
  return TEXTS[page.language];
}
