// State of the whole page: its language, its theme, and the present moment. Both choices are kept by the browser
// and taken up by every page of the desk; `?lang=en` in an address comes first.
import { en } from "../messages/en";
import { tr, type Messages } from "../messages/tr";
import { zoneIn } from "./zone";
import { Format, LOCALES, type Language } from "./format";

export type Theme = "system" | "light" | "dark";

const MESSAGES: Record<Language, Messages> = { tr, en };
const LANGUAGE_KEY = "cozum.language";
const THEME_KEY = "cozum.theme";

function isLanguage(text: string | null): text is Language {
  return text !== null && Object.hasOwn(LOCALES, text);
}

function isTheme(text: string | null): text is Theme {
  return text === "system" || text === "light" || text === "dark";
}

class Page {
  language = $state<Language>("tr");
  theme = $state<Theme>("system");
  /** The town's zone, as the page or the live view has it; undefined: times are shown in the screen's own. */
  zone = $state<string | undefined>(undefined);
  /** Our clock, ms, once a second. */
  now = $state(Date.now());

  readonly t: Messages = $derived(MESSAGES[this.language]);
  readonly format: Format = $derived(new Format(this.language, this.zone));

  /** Take up what the address and the browser's memory say. Once, before the first component. */
  begin(): void {
    const asked = new URLSearchParams(location.search).get("lang");
    const kept = recall(LANGUAGE_KEY);
    const theme = recall(THEME_KEY);
    this.zone = zoneIn(document.querySelector<HTMLMetaElement>('meta[name="cozum-zone"]')?.content);
    this.setLanguage(isLanguage(asked) ? asked : isLanguage(kept) ? kept : "tr");
    this.setTheme(isTheme(theme) ? theme : "system");
    setInterval(() => {
      this.now = Date.now();
    }, 1000);
  }

  setLanguage(language: Language): void {
    this.language = language;
    document.documentElement.lang = language;
    keep(LANGUAGE_KEY, language);
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    keep(THEME_KEY, theme);
  }

  service(id: string | null | undefined): string {
    return id ? named(this.t.services, id) : this.t.common.noService;
  }

  reason(id: string): string {
    return id ? named(this.t.reasons, id) : "";
  }

  trouble(id: string): string {
    return named(this.t.troubles, id);
  }
}

export const page = new Page();

/** The word for an id, or the id itself made readable. */
function named(words: Record<string, string>, id: string): string {
  return words[id] ?? id.replaceAll("_", " ");
}

// A browser may refuse to remember (private windows, a policy). The page then works with its defaults.
function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // nothing depends on it
  }
}
