import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { NoAccount } from "./account";
import { TicketSocket } from "./socket";
import { Telephone } from "./telephone.svelte";

type Listener = (event: unknown) => void;

/** JsSIP's user agent, as far as a telephone sees it. */
class Agent {
  readonly listeners: Record<string, Listener[]> = {};
  connected = true;
  #isRegistered = false;
  start = vi.fn();
  stop = vi.fn();
  register = vi.fn();
  unregister = vi.fn(() => (this.#isRegistered = false));
  set = vi.fn();
  isConnected = () => this.connected;
  isRegistered = () => this.#isRegistered;
  on = (name: string, listener: Listener) => (this.listeners[name] ??= []).push(listener);

  constructor() {
    agents.push(this);
  }

  says(name: string, event: unknown = {}): void {
    if (name === "registered") this.#isRegistered = true;
    if (["registrationFailed", "unregistered", "disconnected"].includes(name)) this.#isRegistered = false;
    for (const listener of this.listeners[name] ?? []) listener(event);
  }

  /** A caller rings; the answer ends the call. */
  rings(): (by?: string) => void {
    const heard: Record<string, Listener[]> = {};
    const session = {
      direction: "incoming",
      on: (name: string, listener: Listener) => (heard[name] ??= []).push(listener),
      remote_identity: { display_name: "", uri: { user: "1001" } },
    };
    this.says("newRTCSession", { session, request: { getHeader: () => undefined } });
    return (by = "remote") => heard["ended"]?.forEach((listener) => listener({ originator: by, cause: "Terminated" }));
  }
}

const agents = vi.hoisted(() => [] as Agent[]);

vi.mock("jssip", () => ({
  default: {
    UA: function () {
      return new Agent();
    },
    C: { causes: { AUTHENTICATION_ERROR: "Authentication Error", REJECTED: "Rejected" } },
  },
}));
vi.mock("./ringer", () => ({
  Ringer: class {
    start = () => undefined;
    stop = () => undefined;
  },
}));

const account = vi.fn(() =>
  Promise.resolve({ user: "1001-web", secret: "s", realm: "cozum", line: "1", socket: "/ws" }),
);
const signedOut = vi.fn();
let telephone: Telephone;

const agent = () => agents.at(-1) as Agent;

beforeEach(async () => {
  vi.useFakeTimers();
  agents.length = 0;
  account.mockClear();
  signedOut.mockClear();
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
  telephone = new Telephone({ account, registers: true, signedOut });
  await telephone.start();
  agent().says("registered");
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a registration that fails", () => {
  it("is tried again after a pause that grows to ten seconds, until it succeeds", async () => {
    for (const [place, pause] of [2000, 4000, 8000, 10_000, 10_000].entries()) {
      agent().says("registrationFailed", { cause: "Request Timeout" });
      expect(telephone.state).toBe("lost");
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(agent().register).toHaveBeenCalledTimes(place);
      await vi.advanceTimersByTimeAsync(1);
      expect(agent().register).toHaveBeenCalledTimes(place + 1);
    }
    agent().says("registered");
    expect(telephone.state).toBe("ready");
    agent().says("registrationFailed", { cause: "SIP Failure Code" });
    await vi.advanceTimersByTimeAsync(2000);
    expect(agent().register).toHaveBeenCalledTimes(6);
  });

  it.each(["Authentication Error", "Rejected"])("for good (%s) is told, and not tried again", async (cause) => {
    agent().says("registrationFailed", { cause });
    expect(telephone.state).toBe("refused");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(agent().register).not.toHaveBeenCalled();
  });

  it("is left to JsSIP once the connection is gone", async () => {
    agent().says("registrationFailed", { cause: "Connection Error" });
    agent().says("disconnected");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(telephone.state).toBe("lost");
    expect(agent().register).not.toHaveBeenCalled();
  });

  it("is not tried again by a telephone that was stopped", async () => {
    agent().says("registrationFailed", { cause: "Request Timeout" });
    telephone.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(agent().register).not.toHaveBeenCalled();
  });
});

describe("a WebSocket by which nothing comes", () => {
  it("is looked for while the telephone is registered, and not while it is refused", () => {
    const watch = vi.spyOn(TicketSocket.prototype, "watch");
    const unwatch = vi.spyOn(TicketSocket.prototype, "unwatch");
    agent().says("registered");
    expect([watch.mock.calls.length, unwatch.mock.calls.length]).toEqual([1, 0]);
    agent().says("registrationFailed", { cause: "Rejected" });
    expect([watch.mock.calls.length, unwatch.mock.calls.length]).toEqual([1, 1]);
  });

  it("carries no registration again: JsSIP registers by the next", async () => {
    const dropped = vi.spyOn(TicketSocket.prototype, "dropIfSilent").mockReturnValueOnce(true);
    agent().says("registrationFailed", { cause: "Request Timeout" });
    await vi.advanceTimersByTimeAsync(2000);
    expect([dropped.mock.calls.length, agent().register.mock.calls.length]).toEqual([1, 0]);
  });
});

describe("a start in a talk", () => {
  it("does not end the talk: it registers again, and takes a new account when the talk is over", async () => {
    const ends = agent().rings();
    agent().says("registrationFailed", { cause: "Authentication Error" });
    await telephone.start();
    expect(agent().stop).not.toHaveBeenCalled();
    expect(agent().register).toHaveBeenCalledTimes(1);
    expect(account).toHaveBeenCalledTimes(1);
    const before = agent();
    ends();
    await vi.advanceTimersByTimeAsync(0);
    expect(before.stop).toHaveBeenCalled();
    expect(account).toHaveBeenCalledTimes(2);
    agent().says("registered");
    before.says("disconnected");
    expect(telephone.state).toBe("ready");
  });

  it("that has registered wants no other account", async () => {
    const ends = agent().rings();
    agent().says("registrationFailed", { cause: "Request Timeout" });
    await telephone.start();
    agent().says("registered");
    ends();
    await vi.advanceTimersByTimeAsync(0);
    expect(account).toHaveBeenCalledTimes(1);
    expect(telephone.state).toBe("ready");
  });
});

describe("a telephone without a microphone", () => {
  const lose = (): void => void (telephone.sound.microphone = "missing");
  const asked = () => [agent().unregister.mock.calls.length, agent().register.mock.calls.length];

  it("takes no calls after some seconds, and takes them again when the microphone is back", async () => {
    lose();
    await vi.advanceTimersByTimeAsync(3900);
    expect([telephone.state, ...asked()]).toEqual(["ready", 0, 0]);
    await vi.advanceTimersByTimeAsync(200);
    expect([telephone.state, ...asked()]).toEqual(["no_microphone", 1, 0]);
    agent().says("unregistered");
    telephone.sound.microphone = "asking"; // they try again
    expect(asked()).toEqual([1, 0]);
    telephone.sound.microphone = "open";
    expect([telephone.state, ...asked()]).toEqual(["connecting", 1, 1]);
    agent().says("registered");
    expect(telephone.state).toBe("ready");
  });

  it("registers again only once Asterisk has answered that it takes the telephone for gone", async () => {
    lose();
    await vi.advanceTimersByTimeAsync(4000);
    telephone.sound.microphone = "open";
    expect([telephone.state, ...asked()]).toEqual(["connecting", 1, 0]);
    lose();
    await vi.advanceTimersByTimeAsync(4000);
    telephone.sound.microphone = "open";
    expect([telephone.state, ...asked()]).toEqual(["connecting", 2, 0]);
    agent().says("unregistered");
    expect([telephone.state, ...asked()]).toEqual(["connecting", 2, 1]);
  });

  it("says so too while its registration is still on its way", async () => {
    await telephone.start();
    lose();
    await vi.advanceTimersByTimeAsync(4000);
    expect([telephone.state, ...asked()]).toEqual(["no_microphone", 1, 0]);
    agent().says("registered");
    expect([telephone.state, ...asked()]).toEqual(["no_microphone", 2, 0]);
    agent().says("unregistered");
    expect([telephone.state, ...asked()]).toEqual(["no_microphone", 2, 0]);
  });

  it("stays where another one is there at once, and while it talks", async () => {
    lose();
    await vi.advanceTimersByTimeAsync(2000);
    telephone.sound.microphone = "open";
    await vi.advanceTimersByTimeAsync(10_000);
    const ends = agent().rings();
    lose();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([telephone.state, ...asked()]).toEqual(["ready", 0, 0]);
    ends();
    await vi.advanceTimersByTimeAsync(4000);
    expect([telephone.state, ...asked()]).toEqual(["no_microphone", 1, 0]);
  });

  it("does not register by the next connection, nor by a registration that was on its way", async () => {
    agent().says("registrationFailed", { cause: "Request Timeout" });
    lose();
    await vi.advanceTimersByTimeAsync(4000);
    const before = agent().register.mock.calls.length;
    agent().says("registered");
    expect(asked()).toEqual([2, before]);
    agent().says("disconnected");
    expect(telephone.state).toBe("lost");
    agent().says("connected");
    await vi.advanceTimersByTimeAsync(60_000);
    expect([telephone.state, ...asked()]).toEqual(["no_microphone", 2, before]);
  });

  it("is asked about anew by a telephone that is started anew", async () => {
    lose();
    await vi.advanceTimersByTimeAsync(2000);
    await telephone.start();
    agent().says("registered");
    await vi.advanceTimersByTimeAsync(3000);
    expect(telephone.state).toBe("ready");
    await vi.advanceTimersByTimeAsync(1000);
    expect(telephone.state).toBe("no_microphone");
    telephone.stop();
    telephone.sound.microphone = "open";
    expect([telephone.state, agent().register.mock.calls.length]).toEqual(["off", 0]);
  });
});

describe("a telephone that is stopped while it waits for its account", () => {
  const wait = () => {
    const given = { user: "1001-web", secret: "s", realm: "cozum", line: "1", socket: "/ws" };
    let answer: (one: typeof given) => void = () => undefined;
    account.mockReturnValueOnce(new Promise((done) => (answer = done)));
    return () => answer(given);
  };

  it("does not start, whatever the answer is: the agent has chosen the telephone on the desk", async () => {
    const answers = wait();
    const started = telephone.start();
    telephone.stop();
    answers();
    await started;
    expect([agents.length, telephone.state]).toEqual([1, "off"]);

    account.mockRejectedValueOnce(new NoAccount(0));
    const again = telephone.start();
    telephone.stop();
    await again;
    await vi.advanceTimersByTimeAsync(60_000);
    expect([agents.length, telephone.state, account.mock.calls.length]).toEqual([1, "off", 3]);
  });

  it("starts when it is asked to again, and once", async () => {
    const answers = wait();
    const first = telephone.start();
    telephone.stop();
    const second = telephone.start();
    answers();
    await Promise.all([first, second]);
    agent().says("registered");
    expect([agents.length, telephone.state]).toEqual([2, "ready"]);
  });
});

describe("a telephone for which there is no account", () => {
  it("since nobody is signed in, says so, asks no more, and begins when somebody is", async () => {
    account.mockRejectedValueOnce(new NoAccount(401));
    await telephone.start();
    expect([telephone.state, signedOut.mock.calls.length]).toEqual(["signed_out", 1]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(account).toHaveBeenCalledTimes(2);
    await telephone.start();
    agent().says("registered");
    expect(telephone.state).toBe("ready");
  });

  it("since the desk is away, asks again by itself", async () => {
    account.mockRejectedValueOnce(new NoAccount(0)).mockRejectedValueOnce(new NoAccount(429));
    await telephone.start();
    expect(telephone.state).toBe("lost");
    await vi.advanceTimersByTimeAsync(6000);
    expect(account).toHaveBeenCalledTimes(4);
    agent().says("registered");
    expect(telephone.state).toBe("ready");
  });

  it("since it slept, takes it from no other page by itself, and does when somebody asks", async () => {
    account.mockRejectedValueOnce(new NoAccount(0)).mockRejectedValueOnce(new NoAccount(503));
    await telephone.start();
    await vi.advanceTimersByTimeAsync(3000);
    expect(account).toHaveBeenLastCalledWith(undefined);
    vi.setSystemTime(Date.now() + 3_600_000);
    account.mockRejectedValueOnce(new NoAccount(409));
    await vi.advanceTimersByTimeAsync(3000);
    expect(account).toHaveBeenLastCalledWith("none");
    expect(telephone.state).toBe("replaced");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(account).toHaveBeenCalledTimes(4);
    await telephone.start();
    expect(account).toHaveBeenLastCalledWith(undefined);
    agent().says("registered");
    expect(telephone.state).toBe("ready");
  });
});

it("a call that the other side ends is told with its time, and one that we end is not", () => {
  const [ends, wants] = [agent().rings(), agent().rings()];
  vi.setSystemTime(5000);
  ends("local");
  expect(telephone.leftAt).toBe(0);
  wants();
  expect(telephone.leftAt).toBe(5000);
});
