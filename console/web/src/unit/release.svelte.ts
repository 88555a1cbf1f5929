// Whether the page is of the release that the desk serves. A page that a worker may have kept may be older, and so may one that was
// open while the desk was away: before either goes on with the desk, it asks.
const WAIT_MS = 5_000;
/** So long the new release may take to be there for the next time without a network, before the page is loaded anew. */
const INSTALLED_MS = 15_000;
/** A page that is found to be old again so soon after it was loaded anew is not loaded by itself once more. */
const LOOP_MS = 60_000;
const RELOADED = "cozum.reloaded";

export class Release {
  /** The desk serves a newer one: nothing is sent by this page any more. */
  isOld = $state(false);
  /** The page is being loaded anew. */
  isLoading = $state(false);
  /** A worker gives out the page that it has kept where the network is slow, and that may be good again a moment later. */
  #isInDoubt = Boolean(navigator.serviceWorker?.controller);
  #asking: Promise<boolean | null> | null = null;

  /** `own` is the path of the page's own script, whose name is another one in each release. */
  constructor(
    private readonly own: string,
    private readonly path: string,
  ) {}

  /** The desk has not answered, or another one than this page's is running. */
  doubt(): void {
    this.#isInDoubt = true;
  }

  /** False: the desk serves a newer release. null: the desk could not be asked. */
  async isCurrent(): Promise<boolean | null> {
    if (this.isOld) return false;
    if (!this.#isInDoubt) return true;
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #ask(): Promise<boolean | null> {
    try {
      const answer = await fetch(this.path, { cache: "no-store", signal: AbortSignal.timeout(WAIT_MS) });
      const html = await answer.text();
      if (!answer.ok) return null;
      [this.#isInDoubt, this.isOld] = [false, !html.includes(this.own)];
      return !this.isOld;
    } catch {
      return null; // it is asked again the next time
    }
  }

  /** Whether the page may be loaded anew by itself. */
  get mayReload(): boolean {
    return Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) > LOOP_MS;
  }

  /** Load the new release, if the page `may` still go once that is there. What is not sent lies in the browser's store, and is
   * sent by the new page. The browser asks about what is half-written; whoever stays then goes on with this page. */
  async reload(may: () => boolean): Promise<void> {
    if (this.isLoading) return;
    this.isLoading = true;
    await Promise.race([installed(), new Promise((resolve) => setTimeout(resolve, INSTALLED_MS))]);
    if (may()) {
      sessionStorage.setItem(RELOADED, String(Date.now()));
      location.reload();
    }
    this.isLoading = false;
  }
}

/** The new release's worker has all of it. */
async function installed(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  await registration?.update().catch(() => undefined);
  const worker = registration?.installing ?? registration?.waiting;
  if (!worker) return;
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (["activated", "redundant"].includes(worker.state)) resolve();
    };
    worker.addEventListener("statechange", look);
    look();
  });
}
