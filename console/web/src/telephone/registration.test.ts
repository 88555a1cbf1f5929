import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Telephone } from "./telephone.svelte";

/** A WebSocket to an Asterisk that answers REGISTER when a test says so. */
class Wire {
  static readonly OPEN = 1;
  static readonly CONNECTING = 0;
  readyState = 0;
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  readonly asked: string[] = [];
  close = vi.fn();
  send = (request: string) => void this.asked.push(request);

  constructor() {
    wires.push(this);
  }

  opens(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  /** Asterisk answers what has come so far, in its order. */
  answers(): void {
    for (const request of this.asked.splice(0)) this.onmessage?.({ data: answerTo(request) });
  }
}

const wires: Wire[] = [];
const wire = () => wires.at(-1) as Wire;
let telephone: Telephone;

function answerTo(request: string): string {
  const isKnown = request.includes("Authorization: Digest");
  const same = ["Via", "From", "To", "Call-ID", "CSeq"].map(
    (name) => new RegExp(`^${name}: .*$`, "m").exec(request)?.[0],
  );
  const contact = /^Contact: .*$/m.exec(request)?.[0];
  const more = isKnown
    ? contact?.includes("expires=0") === false && contact
    : 'WWW-Authenticate: Digest realm="cozum", nonce="n", algorithm=MD5, qop="auth"';
  const lines = [isKnown ? "SIP/2.0 200 OK" : "SIP/2.0 401 Unauthorized", ...same, more, "Content-Length: 0"];
  return `${lines.filter(Boolean).join("\r\n")}\r\n\r\n`;
}

beforeEach(async () => {
  vi.useFakeTimers();
  wires.length = 0;
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("WebSocket", Wire);
  vi.stubGlobal("location", { protocol: "http:", host: "localhost" });
  vi.stubGlobal("localStorage", { getItem: () => null });
  vi.stubGlobal("navigator", {});
  vi.stubGlobal(
    "AudioContext",
    class extends EventTarget {
      state = "running";
      resume = () => Promise.resolve();
    },
  );
  vi.stubGlobal("Audio", EventTarget);
  const account = { user: "1001-web", secret: "s", realm: "cozum", line: "1", socket: "/ws" };
  telephone = new Telephone({ account: () => Promise.resolve(account), registers: true });
  await telephone.start();
  wire().opens();
  wire().answers();
  wire().answers();
});
afterEach(() => {
  telephone.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("a microphone that is back before Asterisk has answered that nobody is here has the telephone registered again", async () => {
  expect(telephone.state).toBe("ready");
  telephone.sound.microphone = "missing";
  await vi.advanceTimersByTimeAsync(4000);
  expect([telephone.state, wire().asked.length]).toEqual(["no_microphone", 1]);
  telephone.sound.microphone = "open";
  expect(telephone.state).toBe("connecting");
  for (let second = 0; second < 10; second += 1) {
    wire().answers();
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect([telephone.state, wire().asked.length]).toEqual(["ready", 0]);
});
