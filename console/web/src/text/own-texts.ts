// Words that one page has to itself. They are no part of `page.t`, which every page carries.
import { page } from "./page.svelte";

/** Gives them in the language of the page. */
export function ownTexts<Texts>(tr: Texts, en: Texts): () => Texts {
  return () => (page.language === "en" ? en : tr);
}
