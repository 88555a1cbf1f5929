// Two short tones, again and again while an alarm is loud.
import { Audible } from "../components/audible.svelte";

const EVERY_MS = 2500;
const TONES = [880, 660] as const;
const TONE_S = 0.18;
const LOUDNESS = 0.15;

export class AlarmSound {
  #context: AudioContext | null = null;
  #audible = $state.raw<Audible | null>(null);
  #timer: ReturnType<typeof setInterval> | undefined;

  /** The browser lets nothing be heard until the next key or press. */
  get refused(): boolean {
    return this.#audible?.refused ?? false;
  }

  /** Sound from now on, where the browser allows it. */
  allow(): void {
    if (!this.#context) {
      this.#context = new AudioContext();
      this.#audible = new Audible(this.#context);
      this.#context.addEventListener("statechange", () => {
        if (this.#timer !== undefined) this.#ring(); // it was refused so far
      });
    }
    this.#audible?.ask();
  }

  /** Sound, or be quiet. */
  set(loud: boolean): void {
    if (loud === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!loud || !this.#context) return;
    this.#ring();
    this.#timer = setInterval(() => this.#ring(), EVERY_MS);
  }

  #ring(): void {
    const context = this.#context;
    if (context?.state !== "running") return; // else all of them would be heard at once when it is allowed
    TONES.forEach((frequency, place) => {
      const tone = new OscillatorNode(context, { frequency, type: "triangle" });
      const volume = new GainNode(context, { gain: 0 });
      const begin = context.currentTime + place * TONE_S * 1.2;
      volume.gain.setValueAtTime(0, begin);
      volume.gain.linearRampToValueAtTime(LOUDNESS, begin + 0.02);
      volume.gain.linearRampToValueAtTime(0, begin + TONE_S);
      tone.connect(volume).connect(context.destination);
      tone.start(begin);
      tone.stop(begin + TONE_S);
    });
  }
}
