// The microphone and the loudspeaker: which there are, which are used, and what is wrong with them.
export type MicrophoneState = "closed" | "asking" | "open" | "refused" | "missing" | "busy" | "insecure";

export interface Device {
  id: string;
  label: string;
}

/** Those in which nobody can be heard, until something is done about it. */
const BROKEN: readonly MicrophoneState[] = ["refused", "missing", "busy", "insecure"];
const DEFAULT = "default";
const INPUT_KEY = "cozum.microphone";
const OUTPUT_KEY = "cozum.loudspeaker";

export class Sound {
  /** Called at each change of `microphone`. */
  changed: () => void = () => undefined;
  inputs = $state<Device[]>([]);
  outputs = $state<Device[]>([]);
  input = $state(DEFAULT);
  output = $state(DEFAULT);
  stream = $state.raw<MediaStream | null>(null);
  /** Whether the browser lets a page choose the loudspeaker. */
  readonly choosesOutput = typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;

  #microphone = $state<MicrophoneState>("closed");
  /** How many microphones there were at the last look. */
  #microphones = 0;
  #opening: Promise<MediaStream | null> | null = null;
  #listeners: ((stream: MediaStream | null) => void)[] = [];
  readonly #refresh = () => void this.#list();

  constructor() {
    this.input = localStorage.getItem(INPUT_KEY) ?? DEFAULT;
    this.output = localStorage.getItem(OUTPUT_KEY) ?? DEFAULT;
    navigator.mediaDevices?.addEventListener("devicechange", this.#refresh);
  }

  get microphone(): MicrophoneState {
    return this.#microphone;
  }

  set microphone(now: MicrophoneState) {
    if (now === this.#microphone) return;
    this.#microphone = now;
    this.changed();
  }

  /** It cannot be used, and nobody is being asked whether it may. */
  get isBroken(): boolean {
    return BROKEN.includes(this.microphone);
  }

  /** Open the microphone; what is wrong is in `microphone`. Asked again, it gives the same stream. `onStream`'s listeners
   * are given a new one: a microphone that was unplugged in a talk is followed by another. */
  open(): Promise<MediaStream | null> {
    if (this.stream?.active) return Promise.resolve(this.stream);
    this.#opening ??= this.#open().finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #open(): Promise<MediaStream | null> {
    // Beyond localhost a browser has no devices for a page that did not come by TLS.
    if (!navigator.mediaDevices) {
      this.microphone = "insecure";
      return null;
    }
    this.microphone = "asking";
    let stream: MediaStream;
    try {
      stream = await this.#ask(this.input);
    } catch (error) {
      this.microphone = stateAfter(error);
      return null;
    }
    this.stream = stream;
    this.microphone = "open";
    for (const listener of this.#listeners) listener(stream);
    await this.#list();
    return stream;
  }

  /** Give the microphone back. */
  close(): void {
    if (this.stream) {
      for (const track of this.stream.getTracks()) track.stop();
      this.stream = null;
      for (const listener of this.#listeners) listener(null);
    }
    if (this.microphone === "open") this.microphone = "closed";
  }

  /** Close it, and follow devices no longer. */
  end(): void {
    this.close();
    navigator.mediaDevices?.removeEventListener("devicechange", this.#refresh);
  }

  /** Take another microphone, also in a talk, and also where the one before was unplugged. */
  async useInput(id: string): Promise<void> {
    this.input = id;
    localStorage.setItem(INPUT_KEY, id);
    if (this.microphone === "closed") return; // it is opened when it is needed
    await this.#opening;
    this.close();
    this.input = id;
    await this.open();
  }

  useOutput(id: string): void {
    this.output = id;
    localStorage.setItem(OUTPUT_KEY, id);
  }

  /** Be told of each stream that is opened, and by null that it was closed; the answer ends it. A talk sends a clone,
   * which a close does not end. */
  onStream(listener: (stream: MediaStream | null) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== listener);
    };
  }

  async #ask(id: string): Promise<MediaStream> {
    const stream = await this.#stream(id);
    for (const track of stream.getAudioTracks()) {
      track.addEventListener("ended", () => {
        if (this.stream === stream) {
          this.stream = null;
          this.microphone = "missing";
        }
      });
    }
    return stream;
  }

  /** The stream of a device, or of the default one if it is gone. Before a page has a microphone it cannot know which
   * devices there are: only the question tells. */
  async #stream(id: string): Promise<MediaStream> {
    const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    const { mediaDevices } = navigator;
    if (id === DEFAULT) return mediaDevices.getUserMedia({ audio: wanted });
    try {
      return await mediaDevices.getUserMedia({ audio: { ...wanted, deviceId: { exact: id } } });
    } catch (error) {
      if (stateAfter(error) !== "missing") throw error;
    }
    const stream = await mediaDevices.getUserMedia({ audio: wanted });
    this.input = DEFAULT;
    return stream;
  }

  async #list(): Promise<void> {
    const found = await navigator.mediaDevices.enumerateDevices();
    const microphones = found.filter((device) => device.kind === "audioinput").length;
    const isMore = microphones > this.#microphones;
    this.#microphones = microphones;
    const of = (kind: MediaDeviceKind) =>
      found
        .filter((device) => device.kind === kind && device.deviceId)
        .map((device) => ({ id: device.deviceId, label: device.label }));
    this.inputs = of("audioinput");
    this.outputs = of("audiooutput");
    // Until the page may use a microphone, a browser lists none: what was chosen may be there all the same.
    if (this.inputs.length && !this.inputs.some((one) => one.id === this.input)) this.input = DEFAULT;
    if (this.outputs.length && !this.outputs.some((one) => one.id === this.output)) this.output = DEFAULT;
    // One was plugged in: most likely the one that is missed. Where one was taken away, another that is left is not what was chosen.
    if (!isMore || this.microphone !== "missing") return;
    this.input = localStorage.getItem(INPUT_KEY) ?? DEFAULT;
    await this.open();
  }
}

/** What a refused microphone is. */
export function stateAfter(error: unknown): MicrophoneState {
  const name = error instanceof Error ? error.name : ""; // an OverconstrainedError is not a DOMException everywhere
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return "busy";
}
