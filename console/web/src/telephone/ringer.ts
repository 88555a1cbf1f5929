// The ring: two tones, a second long, every four. Made here, so that nothing has to be fetched when it must ring.
const EVERY_MS = 4000;
const TONES_HZ = [440, 480];
const LOUDNESS = 0.12;

/** What not every browser has, nor TypeScript yet. */
interface ChoosesOutput {
  readonly sinkId: string;
  setSinkId(sink: string): Promise<void>;
}

export class Ringer {
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly context: AudioContext & Partial<ChoosesOutput>) {
    // The browser allows it at last: nobody waits for the next ring.
    context.addEventListener("statechange", () => {
      if (this.#timer !== undefined) this.#ring();
    });
  }

  /** Ring at a loudspeaker, where the browser lets a page choose it; `default`: the browser's own. */
  playAt(output: string): void {
    const sink = output === "default" ? "" : output;
    // One that is gone leaves the ring where it is: it must be heard.
    if (this.context.setSinkId && this.context.sinkId !== sink)
      void this.context.setSinkId(sink).catch(() => undefined);
  }

  start(output: string): void {
    if (this.#timer !== undefined) return;
    this.playAt(output);
    void this.context.resume();
    this.#ring();
    this.#timer = setInterval(() => this.#ring(), EVERY_MS);
  }

  /** Ring once, so that somebody hears where it rings. Call it from a key or a press. */
  async once(output: string): Promise<void> {
    this.playAt(output);
    await this.context.resume();
    this.#ring();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #ring(): void {
    if (this.context.state === "suspended") return; // or all rings so far would be heard at once when it is allowed
    const from = this.context.currentTime;
    const gain = this.context.createGain();
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(LOUDNESS, from + 0.03);
    gain.gain.setValueAtTime(LOUDNESS, from + 0.95);
    gain.gain.linearRampToValueAtTime(0, from + 1);
    gain.connect(this.context.destination);
    for (const hertz of TONES_HZ) {
      const tone = new OscillatorNode(this.context, { frequency: hertz });
      tone.connect(gain);
      tone.start(from);
      tone.stop(from + 1);
    }
  }
}
