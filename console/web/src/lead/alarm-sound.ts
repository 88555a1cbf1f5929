// Two short tones, again and again while an alarm is loud. A browser lets a page sound only after somebody has pressed something.
const EVERY_MS = 2500;
const TONES = [880, 660] as const;
const TONE_S = 0.18;
const LOUDNESS = 0.15;

export class AlarmSound {
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Call it from a key or a click. False: this browser has no sound. */
  async allow(): Promise<boolean> {
    this.#context ??= new AudioContext();
    await this.#context.resume();
    return this.#context.state === "running";
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
    if (!context) return;
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
