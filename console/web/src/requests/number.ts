// A request's number as people type or paste it. Pure; the backend checks the check digit.

/** The number as it is written, `26-000123-3`; empty: it cannot be one. */
export function numberOf(text: string): string {
  const found = /^(\d{2})(\d{6,9})(\d)$/.exec(text.replaceAll(/[\s–.*/-]/g, ""));
  return found ? found.slice(1).join("-") : "";
}
