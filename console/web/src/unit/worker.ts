// Has the browser run the worker that opens this page without a network (src/worker). Where there are no workers (no https, a private
// window) the page is as it was: it opens with a network only.
const PATH = "/unit-worker.js";
const SCOPE = "/unit";
/** The page itself comes first. */
const IDLE_MS = 3_000;

interface Types {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): {
    createScriptURL(url: string): unknown;
  };
}

export function beginWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  const begin = (): void => {
    void navigator.serviceWorker
      .register(address() as string, { scope: SCOPE, updateViaCache: "none" })
      .catch(() => undefined);
  };
  const idle = (): void => {
    if ("requestIdleCallback" in globalThis) requestIdleCallback(begin, { timeout: IDLE_MS });
    else setTimeout(begin, IDLE_MS);
  };
  if (document.readyState === "complete") idle();
  else addEventListener("load", idle, { once: true });
}

/** The one script that this page may have as a worker, as a type by which the browser knows that we mean it. */
function address(): unknown {
  const types = (globalThis as { trustedTypes?: Types }).trustedTypes;
  const policy = types?.createPolicy("cozum-worker", { createScriptURL: () => PATH });
  return policy ? policy.createScriptURL(PATH) : PATH;
}
