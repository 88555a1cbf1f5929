// The words of the page on which the knowledge base is written, in English.
import type { articles as turkish } from "./articles.tr";

export const articles: typeof turkish = {
  title: "Knowledge base",
  create: "New article",
  edit: "Edit the article",
  search: "Find an article",
  which: "Which",
  whiches: { shown: "In use", stale: "Out of date", withdrawn: "Withdrawn" },
  none: "No article like that.",
  noTopic: "no topic",
  name: "Title",
  language: "Language",
  text: "Text",
  hint: "An empty line ends a paragraph; lines that begin with “- ” are a list; words between **two stars** are bold.",
  words: "Other words that people use for it",
  until: "Last valid day (empty: none)",
  save: "Save",
  saveAnyway: "Save anyway",
  saved: "Saved. Agents see it from now on.",
  withdraw: "Withdraw",
  bringBack: "Bring back",
  withdrawnNow: "Withdrawn.",
  isWithdrawn: "This article is withdrawn: agents do not see it.",
  preview: "What an agent sees",
  versions: "Versions",
  versionOf: (version: string, who: string, when: string) => `version ${version} · ${who || "system"} · ${when}`,
  quicker: (who: string, version: string) =>
    `${who || "Somebody else"} saved while you wrote (version ${version}, below). What you typed is kept; if you save anyway, yours counts.`,
  leaveTitle: "Articles that are not saved",
  leaveHalf: (n) => `What you wrote in ${n} articles is not saved. If you sign out, this is deleted.`,
};
