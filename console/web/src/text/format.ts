// Numbers, durations and times as people read them. Pure: language, zone and the present moment come as arguments.
export type Language = "tr" | "en";
export const LOCALES: Record<Language, string> = { tr: "tr-TR", en: "en-GB" };

const HOUR_MINUTE = { hour: "2-digit", minute: "2-digit", hour12: false } as const;

const DOTTED = /\b(?:(\d{2})–)?(\d{2})\.(\d{2})\.(\d{4})\b/g;
const DASHED = /\b(\d{4})-(\d{2})-(\d{2})\b/g;

export class Format {
  readonly locale: string;
  readonly #whole: Intl.NumberFormat;
  readonly #tenths: Intl.NumberFormat;
  readonly #clock: Intl.DateTimeFormat;
  readonly #time: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #moment: Intl.DateTimeFormat;
  readonly #instant: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #ago: Intl.RelativeTimeFormat;
  readonly #languages: Intl.DisplayNames;
  readonly #compare: Intl.Collator;

  /** `zone`: of the times told; undefined: the screen's own. */
  constructor(
    readonly language: Language,
    zone?: string,
  ) {
    this.locale = LOCALES[language];
    const timeZone = zone ? { timeZone: zone } : {};
    this.#whole = new Intl.NumberFormat(this.locale);
    this.#tenths = new Intl.NumberFormat(this.locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    this.#clock = new Intl.DateTimeFormat(this.locale, { ...HOUR_MINUTE, second: "2-digit", ...timeZone });
    this.#time = new Intl.DateTimeFormat(this.locale, { ...HOUR_MINUTE, ...timeZone });
    this.#date = new Intl.DateTimeFormat(this.locale, { dateStyle: "long", ...timeZone });
    this.#moment = new Intl.DateTimeFormat(this.locale, {
      ...HOUR_MINUTE,
      day: "numeric",
      month: "short",
      year: "numeric",
      ...timeZone,
    });
    this.#instant = new Intl.DateTimeFormat(this.locale, {
      ...HOUR_MINUTE,
      second: "2-digit",
      day: "numeric",
      month: "short",
      year: "numeric",
      ...timeZone,
    });
    this.#day = new Intl.DateTimeFormat(this.locale, {
      day: "numeric",
      month: "short",
      year: "numeric",
      timeZone: "UTC",
    });
    this.#ago = new Intl.RelativeTimeFormat(this.locale, { numeric: "auto" });
    this.#languages = new Intl.DisplayNames(this.locale, { type: "language" });
    this.#compare = new Intl.Collator(this.locale, { numeric: true });
  }

  count(value: number): string {
    return this.#whole.format(value);
  }

  /** Seconds with a tenth while that tells anything; a dash for none. */
  seconds(value: number | null | undefined): string {
    if (value == null) return "–";
    return value < 100 ? this.#tenths.format(value) : this.#whole.format(Math.round(value));
  }

  /** A share of 0 to 1, rounded down, so that 100% is only said of all. */
  percent(share: number | null | undefined): string {
    if (share == null) return "–";
    const value = this.count(Math.floor(share * 100 + 1e-9));
    return this.language === "tr" ? `%${value}` : `${value}%`;
  }

  /** A share of 0 to 1 with a tenth where there is one. */
  percentWithTenth(share: number): string {
    const value = (Math.round(share * 1000) / 10).toLocaleString(this.locale);
    return this.language === "tr" ? `%${value}` : `${value}%`;
  }

  /** The time of day with seconds. */
  clock(ms: number): string {
    return this.#clock.format(ms);
  }

  /** The time of day, of an RFC 3339 time. */
  time(text: string | null | undefined): string {
    return text ? this.#time.format(Date.parse(text)) : "";
  }

  /** The day in words, of an RFC 3339 time: "26 Kasım 2026". */
  date(text: string | null | undefined): string {
    return text ? this.#date.format(Date.parse(text)) : "";
  }

  /** Day and time of an RFC 3339 time: "26 Kas 2026 14:05". */
  moment(text: string | null | undefined): string {
    return text ? this.#moment.format(Date.parse(text)) : "";
  }

  /** The same to the second, where the order tells something: "26 Kas 2026 14:05:09". */
  instant(text: string): string {
    return this.#instant.format(Date.parse(text));
  }

  /** A text of the backend's with its dates (`20.05.2026`, `23-24.05.2026`, `2026-05-20`) written as on the rest of the page. */
  withDates(text: string): string {
    return text
      .replace(/(\d)-(?=\d{2}\.\d{2}\.\d{4}\b)/g, "$1–")
      .replace(DOTTED, (all: string, from: string | undefined, day: string, month: string, year: string) =>
        this.#dayIn(all, from, year, month, day),
      )
      .replace(DASHED, (all: string, year: string, month: string, day: string) =>
        this.#dayIn(all, undefined, year, month, day),
      );
  }

  /** "20 May 2026", or "23–24 May 2026"; `all` as it is if there is no such day. */
  #dayIn(all: string, from: string | undefined, year: string, month: string, day: string): string {
    const ms = Date.UTC(Number(year), Number(month) - 1, Number(day));
    if (new Date(ms).toISOString().slice(0, 10) !== `${year}-${month}-${day}`) return all;
    return (from ? `${String(Number(from))}–` : "") + this.#day.format(ms);
  }

  /** How long ago, in words: "2 dakika önce". */
  ago(ms: number, now: number): string {
    const s = Math.round((ms - now) / 1000);
    if (Math.abs(s) < 60) return this.#ago.format(s, "second");
    if (Math.abs(s) < 3600) return this.#ago.format(Math.trunc(s / 60), "minute");
    if (Math.abs(s) < 86_400) return this.#ago.format(Math.trunc(s / 3600), "hour");
    return this.#ago.format(Math.trunc(s / 86_400), "day");
  }

  /** In the order of the language's telephone book: ç after c, ı before i. */
  sorted<T>(items: readonly T[], textOf: (item: T) => string): T[] {
    return [...items].sort((a, b) => this.#compare.compare(textOf(a), textOf(b)));
  }

  /** The name of a language in the page's, with a capital: "İngilizce". */
  languageName(code: string): string {
    const name = this.#languages.of(code) ?? code;
    return this.upper(name.slice(0, 1)) + name.slice(1);
  }

  upper(text: string): string {
    return text.toLocaleUpperCase(this.locale);
  }
}

/** A code in groups that are read out one by one: "482 109 375". The spaces do not break, and the public page takes them. */
export function grouped(code: string): string {
  return code.replaceAll("-", "\u00a0");
}

/** How long somebody waited or talked: with its unit and a tenth below a minute, as a clock from there on. */
export function lengthOf(seconds: number, format: Format, second: string): string {
  return seconds < 60 ? `${format.seconds(Math.min(seconds, 59.9))} ${second}` : duration(seconds * 1000);
}

/** m:ss, or h:mm:ss from an hour on. */
export function duration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600);
  return h ? `${h}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

/** A duration for a `datetime` attribute: PT1M30S. */
export function isoDuration(ms: number): string {
  return `PT${Math.max(0, Math.floor(ms / 1000))}S`;
}
