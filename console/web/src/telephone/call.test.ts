import { beforeEach, describe, expect, it, vi } from "vitest";

import { Call } from "./call.svelte";
import type { Sound } from "./microphone.svelte";

vi.mock("jssip", () => ({ default: { C: { causes: {}, DTMF_TRANSPORT: {} } } }));

type Listener = (event: unknown) => void;
type Handlers = Record<"accepted" | "failed" | "requestFailed", () => void>;

/** JsSIP's session, as far as a call sees it: what we end is told as ended at once. */
class Session {
  readonly heard: Record<string, Listener[]> = {};
  readonly direction = "incoming";
  handlers?: Handlers;
  on = (name: string, listener: Listener) => (this.heard[name] ??= []).push(listener);
  refer = (_: string, options: { eventHandlers: Handlers }) => (this.handlers = options.eventHandlers);
  terminate = () => this.ends("local");

  ends(originator: string): void {
    for (const listener of this.heard["ended"] ?? []) listener({ originator, cause: "Terminated" });
  }
}

let session: Session;
let call: Call;

beforeEach(() => {
  vi.stubGlobal("Audio", EventTarget);
  session = new Session();
  const sound = { onStream: () => () => undefined };
  const made = [session, sound, {}, () => true, () => undefined] as unknown as ConstructorParameters<typeof Call>;
  call = new Call(...made);
  (sound as unknown as Sound).output = "default";
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
