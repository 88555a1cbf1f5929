import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Call } from "./call.svelte";

vi.mock("jssip", () => ({ default: { C: { UPDATE: "UPDATE", causes: {}, DTMF_TRANSPORT: {} } } }));
vi.mock("./level.svelte", () => ({
  Level: class {
    end = () => undefined;
  },
}));

type Listener = (event: unknown) => void;
type Handlers = Record<"accepted" | "failed" | "requestFailed", () => void>;

class Track {
  readonly kind = "audio";
  enabled = true;
  stop = vi.fn();
}

class Stream {
  readonly tracks = [new Track()];
  getTracks = () => this.tracks;
  getAudioTracks = () => this.tracks;
  clone = () => new Stream();
}

/** JsSIP's session, as far as a call sees it: what we end is told as ended at once, and a mute disables what we send. */
class Session {
  readonly heard: Record<string, Listener[]> = {};
  readonly direction = "incoming";
  readonly contact = "<sip:x@y.invalid;transport=ws>";
  established = true;
  isEstablished = () => this.established;
  sendRequest = vi.fn();
  handlers?: Handlers;
  on = (name: string, listener: Listener) => (this.heard[name] ??= []).push(listener);
  refer = (_: string, options: { eventHandlers: Handlers }) => (this.handlers = options.eventHandlers);
  terminate = () => this.ends("local");
  isOnHold = () => ({ local: false, remote: false });
  sender?: { track: Track; replaceTrack: (track: Track) => void };
  connection = { addEventListener: () => undefined, getSenders: () => (this.sender ? [this.sender] : []) };
  answer = vi.fn(({ mediaStream }: { mediaStream: Stream }) => {
    const track = mediaStream.tracks[0] as Track;
    this.sender = { track, replaceTrack: (next) => Object.assign(this.sender as object, { track: next }) };
  });
  mute = () => Object.assign(this.sender?.track as object, { enabled: false });

  ends(originator: string): void {
    for (const listener of this.heard["ended"] ?? []) listener({ originator, cause: "Terminated" });
  }
}

let session: Session;
let call: Call;
let microphone: Stream;
let opened: (stream: MediaStream | null) => void;

const sound = {
  output: "default",
  open: () => Promise.resolve(microphone),
  onStream: (listener: typeof opened) => {
    opened = listener;
    return () => undefined;
  },
};

function callOf(session: Session): Call {
  const made = [
    session,
    sound,
    {},
    { end: () => undefined },
    () => true,
    () => undefined,
  ] as unknown as ConstructorParameters<typeof Call>;
  return new Call(...made);
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("Audio", EventTarget);
  microphone = new Stream();
  session = new Session();
  call = callOf(session);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a caller who is sent on", () => {
  it("is there, though the call has ended for us", async () => {
    const became = call.sendTo("1002");
    session.handlers?.accepted();
    expect(await became).toBe("there");
    expect(call.state).toBe("ended");
  });

  it("is here still if nobody takes them", async () => {
    const became = call.sendTo("1002");
    session.handlers?.failed();
    expect(await became).toBe("here");
  });

  it.each(["remote", "local"])("is not there if the call ended before that (%s)", async (by) => {
    const became = call.sendTo("1002");
    session.ends(by);
    expect(await became).toBe("over");
  });
});

describe("the sound that a call sends", () => {
  it("is its own: one call that is muted silences no other, and not the microphone", async () => {
    const other = new Session();
    await call.answer();
    call.mute();
    await callOf(other).answer();
    expect([session.sender?.track.enabled, other.sender?.track.enabled]).toEqual([false, true]);
    expect(microphone.tracks[0]?.enabled).toBe(true);
  });

  it("ends with the call, and the microphone stays open for the next", async () => {
    await call.answer();
    const sent = session.sender?.track;
    session.ends("remote");
    expect(sent?.stop).toHaveBeenCalled();
    expect(microphone.tracks[0]?.stop).not.toHaveBeenCalled();
  });

  it("is another microphone's once that is chosen, and silence while there is none", async () => {
    await call.answer();
    const before = session.sender?.track;
    opened(null);
    expect(before?.stop).toHaveBeenCalled();
    const next = new Stream();
    opened(next as unknown as MediaStream);
    expect(session.sender?.track).not.toBe(before);
    expect(next.tracks).not.toContain(session.sender?.track);
    session.ends("local");
    expect(session.sender?.track.stop).toHaveBeenCalled();
  });

  it("is given once, however often the key to answer is pressed", async () => {
    expect(await Promise.all([call.answer(), call.answer()])).toEqual([true, true]);
    expect(session.answer).toHaveBeenCalledTimes(1);
  });
});

describe("a call whose WebSocket is another one", () => {
  it("tells the other side where we are, and offers no other way for the sound", () => {
    call.refresh();
    const [method, options] = session.sendRequest.mock.lastCall as [string, Record<string, unknown>];
    expect([method, options["extraHeaders"]]).toEqual(["UPDATE", ["Contact: <sip:x@y.invalid;transport=ws>"]]);
    expect(options).not.toHaveProperty("body");
  });

  it("is over if the other side knows it no more", () => {
    call.refresh();
    const [, options] = session.sendRequest.mock.lastCall as [string, { eventHandlers: { onDialogError: () => void } }];
    options.eventHandlers.onDialogError();
    expect([call.state, call.endedBy]).toEqual(["ended", "us"]);
  });

  it("says nothing while it rings", () => {
    session.established = false;
    call.refresh();
    expect(session.sendRequest).not.toHaveBeenCalled();
  });
});
