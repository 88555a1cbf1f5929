// Work that can wait until the page has done what it is needed for.

/** Where the browser does not say when it is idle. */
const LATER_MS = 2000;

/** Do it once the page is idle; the answer takes it back. */
export function whenIdle(work: () => void): () => void {
  if (!("requestIdleCallback" in globalThis)) {
    const timer = setTimeout(work, LATER_MS);
    return () => clearTimeout(timer);
  }
  const turn = requestIdleCallback(() => work());
  return () => cancelIdleCallback(turn);
}
