// The number that the demo's caller calls from.

/** Digits, with a + before them if any; null where it is no number. Empty: withheld. */
export function cleaned(text: string): string | null {
  const number = text.replace(/[\s().-]/g, "");
  return /^(?:\+?[0-9]{3,15})?$/.test(number) ? number : null;
}

/** The headers by which the demo's line is told who calls (extensions.conf, [caller]). */
export function callerHeaders(number: string): string[] {
  return [`X-Caller: <sip:${number || "anonymous"}@demo>`];
}

/** One of numbers that nobody has. */
export function invented(random: () => number): string {
  return `0532 555 01 ${String(Math.floor(random() * 100)).padStart(2, "0")}`;
}
