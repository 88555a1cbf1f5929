// Names that nobody else has: of writes that are made once, however often they are sent. `crypto.randomUUID` is only there where a page
// came by https, and in a closed network one may come without.

/** 128 bits by chance. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
}
