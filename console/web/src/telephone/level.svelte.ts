// How loud a stream is, ten times a second.
const EVERY_MS = 100;
const QUIETEST_DB = -60;

export class Level {
  /** 0 (silence) to 1 (as loud as can be). */
  value = $state(0);
  /** The loudest so far, 0 to 1: has anything been heard at all? */
  peak = $state(0);

  readonly #context: AudioContext;
  readonly #analyser: AnalyserNode;
  readonly #source: MediaStreamAudioSourceNode;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(context: AudioContext, stream: MediaStream) {
    this.#context = context;
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#source = context.createMediaStreamSource(stream);
    this.#source.connect(this.#analyser);
    this.#timer = setInterval(() => this.#measure(), EVERY_MS);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#source.disconnect();
    this.value = 0;
  }

  #measure(): void {
    if (this.#context.state === "suspended") void this.#context.resume();
    this.#analyser.getFloatTimeDomainData(this.#samples);
    this.value = loudness(this.#samples);
    this.peak = Math.max(this.peak, this.value);
  }
}

/** The root mean square of samples, on a scale of decibels from silence (0) to the loudest (1). */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / samples.length);
  if (rms === 0) return 0;
  const decibels = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, 1 - decibels / QUIETEST_DB));
}
