import { beforeEach, describe, expect, it, vi } from "vitest";

import { MOST_WAITING, Outbox, type Delivered, type Wish, type Write } from "./outbox.svelte";
import { MemoryShelf } from "./shelf";
import type { Whole } from "./types";

/** A backend with versions, that can be away, and remembers the keys it has seen. */
class Backend {
  versions = new Map<string, number>();
  keys = new Set<string>();
  made: string[] = [];
  away = false;
  losesAnswers = 0;
  refuses = "";

  deliver = async (write: Write): Promise<Delivered> => {
    if (this.away) return { kind: "away" };
    const version = this.versions.get(write.number) ?? 1;
    if (!this.keys.has(write.key)) {
      if (write.base !== version) return { kind: "changed" };
      if (this.refuses === write.what) return { kind: "refused", why: `no ${write.what}`, wrong: "to" };
      this.keys.add(write.key);
      this.versions.set(write.number, version + 1);
      this.made.push(`${write.number} ${write.what}`);
    }
    if (this.losesAnswers > 0) {
      this.losesAnswers -= 1;
      return { kind: "away" };
    }
    return { kind: "done", ticket: { number: write.number, version: this.versions.get(write.number) } as Whole };
  };

  /** Somebody else changes a request. */
  changes(number: string): void {
    this.versions.set(number, (this.versions.get(number) ?? 1) + 1);
  }
}

let backend: Backend;
let shelf: MemoryShelf;
let outbox: Outbox;
let arrived: string[];

function made(user = "fen"): Outbox {
  return new Outbox(user, shelf, backend.deliver, (ticket) => arrived.push(`${ticket.number} ${ticket.version}`));
}

function wish(number: string, what: string, base = 1, more: Partial<Wish> = {}): Wish {
  return { number, what, path: "/moves", body: { note: what }, base, ...more };
}

beforeEach(() => {
  vi.useFakeTimers();
  backend = new Backend();
  shelf = new MemoryShelf();
  arrived = [];
  outbox = made();
});

describe("a write", () => {
  it("is sent at once, and nothing of it is left", async () => {
    expect(await outbox.add([wish("a", "accept")])).toMatchObject({ kind: "done", sent: 1 });
    expect([backend.made, arrived, outbox.list, await shelf.all()]).toEqual([["a accept"], ["a 2"], [], []]);
  });

  it("comes behind what lay on the shelf, also if that is still being read", async () => {
    backend.away = true;
    await outbox.add([wish("a", "accept")]);
    backend.away = false;
    const all = await shelf.all();
    let answer = (): void => undefined;
    shelf.all = () => new Promise((resolve) => (answer = () => resolve(all)));
    const next = made();
    const begun = next.begin();
    const came = next.add([wish("a", "begin")]);
    await vi.advanceTimersByTimeAsync(100);
    answer();
    expect(await came).toMatchObject({ kind: "done", sent: 1 });
    await begun;
    expect([backend.made, next.list]).toEqual([["a accept", "a begin"], []]);
  });

  it("is on top of its author's last one, also if that arrives while it is laid on the shelf", async () => {
    let answer = (): void => undefined;
    const asked = new Promise<void>((resolve) => (answer = resolve));
    const slow = async (write: Write): Promise<Delivered> => {
      if (write.what === "accept") await asked;
      return backend.deliver(write);
    };
    outbox = new Outbox("fen", shelf, slow, () => undefined);
    const first = outbox.add([wish("a", "accept")]);
    await vi.waitFor(() => expect(outbox.list).toHaveLength(1));
    const put = shelf.put.bind(shelf);
    shelf.put = async (writes) => {
      answer();
      await first;
      await put(writes);
    };
    expect(await outbox.add([wish("a", "begin")])).toMatchObject({ kind: "done", sent: 1 });
    expect([backend.made, await shelf.all()]).toEqual([["a accept", "a begin"], []]);
  });

  it("waits without a network, over a reload too, and is sent in order when it is back", async () => {
    backend.away = true;
    expect(await outbox.add([wish("a", "accept")])).toMatchObject({ kind: "waiting" });
    expect(await outbox.add([wish("a", "begin"), wish("b", "note")])).toMatchObject({ kind: "waiting" });
    expect(outbox.away).toBe(true);
    const after = made();
    await after.begin();
    expect(after.list.map((one) => one.what)).toEqual(["accept", "begin", "note"]);
    backend.away = false;
    await after.flush();
    expect(backend.made).toEqual(["a accept", "a begin", "b note"]);
    expect([after.away, await shelf.all()]).toEqual([false, []]);
  });

  it("is tried again by itself", async () => {
    backend.away = true;
    await outbox.add([wish("a", "accept")]);
    backend.away = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect([backend.made, outbox.list]).toEqual([["a accept"], []]);
  });

  it("whose answer was lost is made once", async () => {
    backend.losesAnswers = 1;
    expect(await outbox.add([wish("a", "accept"), wish("a", "begin")])).toMatchObject({ kind: "waiting" });
    await outbox.flush();
    expect(backend.made).toEqual(["a accept", "a begin"]);
  });

  it("of several at once is sent once", async () => {
    await Promise.all([outbox.add([wish("a", "accept")]), outbox.flush(), outbox.flush()]);
    expect(backend.made).toEqual(["a accept"]);
  });

  it("tells where its request will be", async () => {
    backend.away = true;
    await outbox.add([wish("a", "begin", 1, { to: "in_progress" }), wish("a", "note")]);
    expect(outbox.stateAfter("a", "assigned")).toBe("in_progress");
    expect(outbox.stateAfter("b", "assigned")).toBe("assigned");
  });
});

describe("a request that somebody else has changed", () => {
  it("is told to the form that writes, which keeps the words", async () => {
    backend.changes("a");
    expect(await outbox.add([wish("a", "file"), wish("a", "resolve")])).toMatchObject({ kind: "changed", sent: 0 });
    expect([backend.made, outbox.list, await shelf.all()]).toEqual([[], [], []]);
  });

  it("stops what was written offline, and nothing else, until its author has decided", async () => {
    backend.away = true;
    await outbox.add([wish("a", "accept"), wish("a", "begin"), wish("b", "accept")]);
    backend.changes("a");
    backend.away = false;
    await outbox.flush();
    expect(outbox.list.map((one) => [one.what, one.standing])).toEqual([
      ["accept", "conflict"],
      ["begin", "waiting"],
    ]);
    expect(backend.made).toEqual(["b accept"]);
    const after = made();
    await after.begin(); // the conflict is still there, and nothing is sent past it
    expect(backend.made).toEqual(["b accept"]);
    await after.again(after.list[0]?.key ?? "", 2);
    // the second was written on top of version 1 as well: its author settles it too
    expect(after.list.map((one) => [one.what, one.standing])).toEqual([["begin", "conflict"]]);
    await after.discard(after.list[0]?.key ?? "");
    expect([backend.made, await shelf.all()]).toEqual([["b accept", "a accept"], []]);
  });

  it("is nobody else's where the form was begun before our own write had arrived", async () => {
    await outbox.add([wish("a", "accept", 1)]);
    await outbox.add([wish("a", "begin", 2)]);
    const both = [wish("a", "file", 1), wish("a", "resolve", 1)];
    expect(await outbox.add(both)).toMatchObject({ kind: "done", sent: 2 });
    backend.changes("a");
    expect(await outbox.add([wish("a", "note", 1)])).toMatchObject({ kind: "changed" });
  });

  it("between two of ours stops the second, even if the first one's answer was lost", async () => {
    backend.losesAnswers = 1;
    await outbox.add([wish("a", "accept"), wish("a", "begin")]);
    backend.changes("a");
    await outbox.flush();
    expect(backend.made).toEqual(["a accept"]);
    expect(outbox.list.map((one) => [one.what, one.standing])).toEqual([["begin", "conflict"]]);
  });
});

describe("a write that is refused", () => {
  it("is told to the form, with the reason and with what of it is wrong", async () => {
    backend.refuses = "resolve";
    const came = await outbox.add([wish("a", "file"), wish("a", "resolve")]);
    expect([came, outbox.list]).toEqual([{ kind: "refused", why: "no resolve", wrong: "to", sent: 1 }, []]);
  });

  it("later stays, with the reason, until its author has read it", async () => {
    backend.away = true;
    backend.refuses = "resolve";
    await outbox.add([wish("a", "resolve"), wish("a", "note")]);
    backend.away = false;
    await outbox.flush();
    expect(outbox.list.map((one) => [one.what, one.standing, one.why])).toEqual([
      ["resolve", "refused", "no resolve"],
      ["note", "waiting", ""],
    ]);
    expect(outbox.stopped).toEqual(["a"]);
    await outbox.discard(outbox.list[0]?.key ?? "");
    await outbox.flush();
    expect(backend.made).toEqual(["a note"]);
  });
});

describe("a shelf that fails", () => {
  const full = async (): Promise<never> => Promise.reject(new DOMException("full", "QuotaExceededError"));

  it("keeps no write from being sent", async () => {
    shelf.put = full;
    shelf.remove = full;
    expect(await outbox.add([wish("a", "file"), wish("a", "resolve")])).toMatchObject({ kind: "done", sent: 2 });
    expect([backend.made, outbox.list]).toEqual([["a file", "a resolve"], []]);
  });

  it("is told of, keeps nothing of what belongs together, and the page sends it when the network is back", async () => {
    const lasting = Object.assign(shelf, { lasts: true });
    backend.away = true;
    const put = lasting.put.bind(lasting);
    lasting.put = full;
    expect(await outbox.add([wish("a", "file"), wish("a", "resolve")])).toMatchObject({ kind: "waiting" });
    expect([outbox.lasts, outbox.list.length, await shelf.all()]).toEqual([false, 2, []]);
    lasting.put = put;
    backend.away = false;
    await outbox.flush();
    expect([backend.made, outbox.lasts]).toEqual([["a file", "a resolve"], true]);
  });

  it("gives nothing, and the page works", async () => {
    shelf.all = full;
    await outbox.begin();
    expect(await outbox.add([wish("a", "accept")])).toMatchObject({ kind: "done" });
  });

  it("does not hold up a sign-out", async () => {
    backend.away = true;
    await outbox.add([wish("a", "accept")]);
    shelf.remove = full;
    await outbox.forget();
    expect(outbox.list).toEqual([]);
  });
});

describe("on a device that several use", () => {
  it("nobody sees or sends what another left, and after days it is deleted", async () => {
    backend.away = true;
    await outbox.add([wish("a", "accept")]);
    backend.away = false;
    const other = made("zabita");
    await other.begin();
    expect([other.list, backend.made, (await shelf.all()).length]).toEqual([[], [], 1]);
    vi.setSystemTime(Date.now() + 4 * 86_400_000);
    await made("zabita").begin();
    expect(await shelf.all()).toEqual([]);
  });

  it("somebody who signs out leaves nothing", async () => {
    backend.away = true;
    await outbox.add([wish("a", "accept"), wish("b", "note")]);
    await outbox.forget();
    expect([outbox.list, await shelf.all()]).toEqual([[], []]);
  });
});

describe("photos", () => {
  const photo = (size: number): Partial<Wish> => ({ file: { size } as Blob });

  it("wait as far as there is room, and words beyond that", async () => {
    backend.away = true;
    expect(await outbox.add([wish("a", "file", 1, photo(MOST_WAITING - 10))])).toMatchObject({ kind: "waiting" });
    expect(await outbox.add([wish("b", "file", 1, photo(11)), wish("b", "resolve")])).toMatchObject({
      kind: "full",
      sent: 0,
    });
    expect(await outbox.add([wish("b", "file", 1, photo(10))])).toMatchObject({ kind: "waiting" });
    expect(await outbox.add([wish("b", "note", 1)])).toMatchObject({ kind: "waiting" });
    expect(outbox.list.map((one) => one.what)).toEqual(["file", "file", "note"]);
  });

  it("of any size are sent with a network", async () => {
    expect(await outbox.add([wish("a", "file", 1, photo(MOST_WAITING + 1))])).toMatchObject({ kind: "done" });
    backend.away = true;
    await outbox.add([wish("a", "note", 2)]);
    expect(await outbox.add([wish("b", "file", 1, photo(MOST_WAITING + 1))])).toMatchObject({ kind: "full" });
  });
});
