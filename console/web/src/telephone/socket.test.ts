import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { NoAccount, type Account } from "./account";
import { TicketSocket } from "./socket";

/** A WebSocket that does what a test says. */
class Wire {
  static readonly OPEN = 1;
  static readonly CONNECTING = 0;
  readyState = 0;
  onopen?: () => void;
  onclose?: (event: unknown) => void;
  onmessage?: (event: unknown) => void;
  close = vi.fn();

  constructor(readonly url: string) {
    wires.push(this);
  }

  opens(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  closes(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code, reason: "", wasClean: true });
  }
}

const wires: Wire[] = [];
const account = (ticket: string) => ({ socket: `/ws?ticket=${ticket}` }) as Account;
const renew = vi.fn<(socket: string) => Promise<Account>>();
const refused = vi.fn();
const replaced = vi.fn();
const disconnected = vi.fn();

/** What has begun has ended. */
const settled = () => new Promise((done) => setImmediate(done));

function opened(): TicketSocket {
  const socket = new TicketSocket(account("first"), { renew, refused, replaced });
  socket.ondisconnect = disconnected;
  socket.connect();
  return socket;
}

beforeEach(() => {
  wires.length = 0;
  vi.clearAllMocks();
  vi.stubGlobal("location", { protocol: "http:", host: "localhost" });
  vi.stubGlobal("WebSocket", Wire);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it("asks once for an account when the session is over, and then for nothing until somebody is signed in", async () => {
  const socket = opened();
  wires[0]?.opens();
  renew.mockRejectedValue(new NoAccount(401));
  wires[0]?.closes(4002);
  expect(disconnected).toHaveBeenCalledTimes(1);
  for (let tries = 0; tries < 10; tries += 1) {
    socket.connect(); // as JsSIP does, for ever
    await settled();
  }
  expect([wires.length, renew.mock.calls.length, refused.mock.calls.length]).toEqual([1, 1, 1]);

  renew.mockResolvedValue(account("second"));
  socket.resume();
  await settled();
  expect(wires.at(-1)?.url).toBe("ws://localhost/ws?ticket=second");
  wires.at(-1)?.opens();
  expect(socket.isConnected()).toBe(true);
});

it("has another account at once if somebody else's session, or an earlier one, was over", async () => {
  const socket = opened();
  wires[0]?.opens();
  renew.mockResolvedValue(account("second"));
  wires[0]?.closes(4002);
  socket.connect();
  await settled();
  expect(wires.map((wire) => wire.url.split("=")[1])).toEqual(["first", "second"]);
  expect(refused).not.toHaveBeenCalled();
});

it("takes the telephone back from no page that took it over while this one slept", async () => {
  const socket = opened();
  wires[0]?.opens();
  wires[0]?.closes(1006); // the network is gone: nobody can tell the page what happens meanwhile
  expect(disconnected).toHaveBeenCalledTimes(1);
  renew.mockRejectedValue(new NoAccount(409));
  for (let tries = 0; tries < 10; tries += 1) {
    socket.connect(); // as JsSIP does, for ever
    if (tries === 0) wires.at(-1)?.closes(1006);
    await settled();
  }
  expect(renew.mock.calls).toEqual([["/ws?ticket=first"]]);
  expect([wires.length, replaced.mock.calls.length, refused.mock.calls.length]).toEqual([2, 1, 0]);
  expect(disconnected).toHaveBeenCalledTimes(1);
});

it("renews the account that it has had last", async () => {
  const socket = opened();
  for (const ticket of ["second", "third"]) {
    renew.mockResolvedValueOnce(account(ticket));
    wires.at(-1)?.closes(1006);
    await settled();
    wires.at(-1)?.opens();
    wires.at(-1)?.closes(1006);
    socket.connect();
  }
  expect(renew.mock.calls).toEqual([["/ws?ticket=first"], ["/ws?ticket=second"]]);
});

it("goes on asking while the desk is away or wants it to wait", async () => {
  const socket = opened();
  for (const status of [0, 429, 503]) {
    renew.mockRejectedValueOnce(new NoAccount(status));
    wires.at(-1)?.closes(1006);
    await settled();
    socket.connect();
  }
  expect([wires.length, renew.mock.calls.length, refused.mock.calls.length]).toEqual([4, 3, 0]);
});

describe("a registered page, which Asterisk asks every two seconds whether it is there,", () => {
  let socket: TicketSocket;
  const asks = () => wires.at(-1)?.onmessage?.({ data: "OPTIONS" });

  beforeEach(() => {
    vi.useFakeTimers();
    socket = opened();
    wires[0]?.opens();
    socket.watch();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("drops a WebSocket by which nothing comes any more, and opens another", () => {
    for (let asked = 0; asked < 10; asked += 1) {
      vi.advanceTimersByTime(2000);
      asks();
    }
    vi.advanceTimersByTime(12_000);
    expect(disconnected).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2000);
    expect(disconnected).toHaveBeenCalledTimes(1);
    expect([wires[0]?.close.mock.calls.length, socket.isConnected()]).toEqual([1, false]);
    wires[0]?.closes(1006); // what the browser says of it later is of no interest
    vi.advanceTimersByTime(60_000);
    expect(disconnected).toHaveBeenCalledTimes(1);
    socket.connect();
    expect(wires).toHaveLength(2);
  });

  it("keeps one that lives while its timers are late: what has come is read after them", () => {
    for (let turns = 0; turns < 5; turns += 1) {
      vi.setSystemTime(Date.now() + 60_000); // the page slept, or was behind others
      vi.advanceTimersByTime(1000);
      asks();
      vi.advanceTimersByTime(3000);
    }
    expect(disconnected).not.toHaveBeenCalled();
    vi.setSystemTime(Date.now() + 600_000);
    vi.advanceTimersByTime(15_000);
    expect(disconnected).toHaveBeenCalledTimes(1); // nothing came after that sleep
  });

  it("that is registered no more is not asked: it drops the WebSocket only where no answer comes either", () => {
    socket.unwatch();
    vi.advanceTimersByTime(11_000);
    expect(socket.dropIfSilent()).toBe(false);
    asks(); // a refusal
    vi.advanceTimersByTime(11_000);
    expect(socket.dropIfSilent()).toBe(false);
    vi.advanceTimersByTime(21_000);
    expect(disconnected).not.toHaveBeenCalled();
    expect(socket.dropIfSilent()).toBe(true);
    expect(disconnected).toHaveBeenCalledTimes(1);
  });
});
