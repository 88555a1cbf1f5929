// The live stream over fetch, with a wallboard's token in a header: an EventSource could only put it into the address, and so into
// logs. The backend sends something at least every five seconds; a longer silence is a lost connection.
import { apply, OutOfStep, type LiveChange, type LiveState } from "./view";

const SILENCE_MS = 12_000;
const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

export interface Listener {
  /** There is a new state. */
  state(state: LiveState): void;
  /** The connection is gone, or could not be made. It is tried again. */
  lost(): void;
  /** Nobody is signed in, or it is not for them. Nothing more will come. */
  refused(): void;
}

/** Follow the view until `signal` ends it or nobody is known by this token (null: by the session's cookie). */
export async function follow(token: string | null, listener: Listener, signal: AbortSignal): Promise<void> {
  let pause = SHORTEST_PAUSE_MS;
  while (!signal.aborted) {
    const result = await once(token, signal, (state) => {
      pause = SHORTEST_PAUSE_MS;
      listener.state(state);
    });
    if (signal.aborted) return;
    if (result === "refused") return listener.refused();
    listener.lost();
    await sleep(Math.max(pause, result), signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

/** One connection, from its first state to its end. Gives the ms after which the backend wants to be asked again; 0: it does not say. */
async function once(
  token: string | null,
  signal: AbortSignal,
  onState: (state: LiveState) => void,
): Promise<"refused" | number> {
  const connection = new AbortController();
  const end = () => connection.abort();
  signal.addEventListener("abort", end);
  let watchdog = setTimeout(end, SILENCE_MS);
  try {
    const answer = await fetch("/api/v1/live", {
      headers: token === null ? {} : { Authorization: `Bearer ${token}` },
      signal: connection.signal,
      cache: "no-store",
    });
    if (answer.status === 401 || answer.status === 403) return "refused";
    if (!answer.ok || !answer.body) return Number(answer.headers.get("Retry-After") ?? 0) * 1000;
    let state: LiveState | undefined;
    for await (const event of events(answer.body)) {
      clearTimeout(watchdog);
      watchdog = setTimeout(end, SILENCE_MS);
      if (event.name === "state") state = JSON.parse(event.data) as LiveState;
      else if (event.name === "change" && state) state = apply(state, JSON.parse(event.data) as LiveChange);
      else continue;
      onState(state);
    }
  } catch (error) {
    // Out of step is our own bug or the backend's: a new connection begins with a whole state, which mends both.
    if (!connection.signal.aborted && !(error instanceof OutOfStep || error instanceof TypeError)) throw error;
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener("abort", end);
    end();
  }
  return 0;
}

export interface ServerEvent {
  name: string;
  data: string;
}

/** Server-sent events out of a body, however it is cut into pieces. */
export async function* events(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<ServerEvent> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const event = parse(block);
        if (event.data) yield event;
      }
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

function parse(block: string): ServerEvent {
  const event = { name: "message", data: "" };
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) event.name = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  event.data = data.join("\n");
  return event;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        done();
      },
      { once: true },
    );
  });
}
