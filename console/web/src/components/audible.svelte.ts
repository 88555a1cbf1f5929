// Whether the browser lets this page sound. Many do so only after a key or a press in it: what was refused before is tried again
// at each of these.

/** The last for a finger, which counts when it is lifted. */
const PRESSES = ["keydown", "pointerdown", "pointerup"] as const;
/** Also those that something in the page keeps to itself. */
const ALL = { capture: true };
/** So long a context may take to begin, on a busy machine too. */
const BEGINS_MS = 3000;

export class Audible {
  /** Nothing is heard until somebody presses something. */
  refused = $state(false);

  #refused: readonly HTMLAudioElement[] = [];
  readonly #again = () => this.#tryAgain();

  constructor(private readonly context: AudioContext) {
    context.addEventListener("statechange", () => this.#look());
  }

  /** Find out whether sound is allowed, before it is needed. */
  ask(): void {
    void this.context.resume();
    setTimeout(() => this.#look(), BEGINS_MS);
  }

  /** Play what an element has, now or once it is allowed. */
  async play(element: HTMLAudioElement): Promise<void> {
    let isRefused = false;
    try {
      await element.play();
    } catch (error) {
      // Else it was given something else to play meanwhile.
      isRefused = error instanceof DOMException && error.name === "NotAllowedError";
    }
    this.#forget(element);
    if (isRefused) this.#refused = [...this.#refused, element];
    this.#look();
  }

  /** This element has nothing to play any more. */
  end(element: HTMLAudioElement): void {
    element.srcObject = null;
    this.#forget(element);
    this.#look();
  }

  #forget(element: HTMLAudioElement): void {
    this.#refused = this.#refused.filter((one) => one !== element);
  }

  #look(): void {
    const refused = this.#refused.length > 0 || this.context.state === "suspended";
    if (refused === this.refused) return;
    this.refused = refused;
    for (const name of PRESSES) {
      if (refused) addEventListener(name, this.#again, ALL);
      else removeEventListener(name, this.#again, ALL);
    }
  }

  #tryAgain(): void {
    void this.context.resume();
    for (const element of this.#refused) void this.play(element);
  }
}
