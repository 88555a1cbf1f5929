// Records a voice: opens the microphone as it is, shows how loud it is, and gives a WAV file.
import { Level } from "../telephone/level.svelte";
import { stateAfter, type MicrophoneState } from "../telephone/microphone.svelte";
import { wavOf } from "./wav";

/** As the server allows. */
export const LONGEST_S = 60;

const RATE = 48_000;
// A studio wants the voice itself: what makes a telephone talk easier to follow, changes it.
const WANTED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };

export class Recorder {
  /** "open" while it records. */
  microphone = $state<MicrophoneState>("closed");
  seconds = $state(0);
  level = $state.raw<Level | null>(null);

  #media: MediaRecorder | null = null;
  #chunks: Blob[] = [];
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #whole: Promise<void> = Promise.resolve();
  /** Counts beginnings and ends. People may allow the microphone long after they were asked: by then nobody may want it any more. */
  #turn = 0;

  /** Begin. What is wrong is in `microphone`. `ended` is called when the longest time is over. */
  async start(ended: () => void): Promise<void> {
    if (this.microphone === "asking" || this.microphone === "open") return;
    if (!navigator.mediaDevices) {
      this.microphone = "insecure";
      return;
    }
    this.microphone = "asking";
    this.#turn += 1;
    const mine = this.#turn;
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: WANTED });
    } catch (error) {
      if (mine === this.#turn) this.microphone = stateAfter(error);
      return;
    }
    if (mine !== this.#turn) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    this.#context = new AudioContext();
    this.level = new Level(this.#context, stream);
    this.#chunks = [];
    const media = new MediaRecorder(stream);
    media.ondataavailable = (event) => this.#chunks.push(event.data);
    this.#whole = new Promise((resolve) => {
      media.onstop = () => resolve();
    });
    media.start();
    this.#media = media;
    this.microphone = "open";
    const began = performance.now();
    this.seconds = 0;
    this.#timer = setInterval(() => {
      this.seconds = (performance.now() - began) / 1000;
      if (this.seconds >= LONGEST_S - 0.5) ended();
    }, 100);
  }

  /** End, and give what was recorded; null if nothing was, or this browser cannot read it. */
  async stop(): Promise<Blob | null> {
    const media = this.#media;
    if (!media) return null;
    if (media.state !== "inactive") media.stop();
    await this.#whole;
    this.end();
    try {
      const coded = await new Blob(this.#chunks, { type: media.mimeType }).arrayBuffer();
      const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(coded);
      return wavOf(sound.getChannelData(0), RATE);
    } catch {
      return null;
    }
  }

  /** Give the microphone back, whatever was recorded. */
  end(): void {
    this.#turn += 1;
    clearInterval(this.#timer);
    this.level?.end();
    this.level = null;
    const media = this.#media;
    this.#media = null;
    if (media && media.state !== "inactive") media.stop();
    for (const track of media?.stream.getTracks() ?? []) track.stop();
    void this.#context?.close();
    this.#context = null;
    if (this.microphone === "open" || this.microphone === "asking") this.microphone = "closed";
  }
}
