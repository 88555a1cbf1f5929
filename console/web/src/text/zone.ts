// The town's time zone. The backend writes it into each page, so that a browser elsewhere tells the same times.

/** The zone in what the page's `cozum-zone` says; undefined where it says none that this browser knows. */
export function zoneIn(said: string | null | undefined): string | undefined {
  if (!said) return undefined;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: said }).resolvedOptions().timeZone && said;
  } catch {
    return undefined; // a page that the development server serves has nothing there
  }
}
