import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Refused, type Api, type Answer } from "../api/api";
import { Drafts, isEmpty } from "./drafts.svelte";

class Store {
  kept = new Map<string, string>();
  getItem = (name: string) => this.kept.get(name) ?? null;
  setItem = (name: string, value: string) => void this.kept.set(name, value);
  removeItem = (name: string) => void this.kept.delete(name);
}

let store: Store;
let drafts: Drafts;

beforeEach(() => {
  store = new Store();
  drafts = new Drafts("1001", store);
  drafts.begin("a", "request", false, "tr");
});

function write(call: string, text: string): void {
  const draft = drafts.of(call);
  if (draft) draft.text = text;
  drafts.keep();
}

describe("a draft", () => {
  it("is there again after a reload, for the same person alone", () => {
    write("a", "Işık yanmıyor");
    expect(new Drafts("1001", store).of("a")?.text).toBe("Işık yanmıyor");
    expect(new Drafts("1002", store).list).toEqual([]);
  });

  it("stays while the next call has its own, and keeps its key for a write that is sent again", () => {
    write("a", "Çukur");
    const key = drafts.of("a")?.key;
    drafts.begin("b", "funeral", true, "tr");
    drafts.begin("a", "request", false, "tr");
    expect(drafts.list.map((one) => one.call)).toEqual(["a", "b"]);
    expect(drafts.of("a")).toMatchObject({ text: "Çukur", key });
    expect(drafts.of("b")?.key).not.toBe(key);
  });

  it("in which nothing was taken down makes room for the next", () => {
    drafts.begin("b", "request", false, "tr");
    expect(drafts.list.map((one) => one.call)).toEqual(["b"]);
    const draft = drafts.of("b");
    expect(draft && isEmpty(draft)).toBe(true);
  });

  it("is unsaved once something was taken down in it", () => {
    drafts.begin("b", "request", false, "tr");
    expect(drafts.unsaved).toEqual([]);
    write("b", " \n");
    expect(drafts.unsaved).toEqual([]);
    write("b", "Çukur");
    drafts.begin("c", "request", false, "tr");
    expect(drafts.unsaved.map((one) => one.call)).toEqual(["b"]);
  });

  it("is gone when it was saved, and all of them when their person signs out", () => {
    write("a", "x");
    drafts.begin("b", "request", false, "tr");
    drafts.drop("a");
    expect(new Drafts("1001", store).list.map((one) => one.call)).toEqual(["b"]);
    drafts.forget();
    expect(store.kept.size).toBe(0);
  });

  it("of an older page gets what it lacks", () => {
    store.setItem("cozum.drafts.1001", JSON.stringify([{ call: "a", text: "x" }]));
    expect(new Drafts("1001", store).of("a")).toMatchObject({ text: "x", follows: "", agrees: false, contact: "call" });
  });

  it("that cannot be read is none", () => {
    store.setItem("cozum.drafts.1001", "{");
    expect(new Drafts("1001", store).list).toEqual([]);
  });
});

/** The desk: what it keeps for one person. */
class Desk {
  kept = new Map<string, { call: string; version: number; at: string; draft: Record<string, unknown> }>();
  away = false;

  get<T>(): Promise<T> {
    return this.away
      ? Promise.reject(new Refused(503, ""))
      : Promise.resolve(structuredClone([...this.kept.values()]) as T);
  }

  send<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
    if (this.away) return Promise.reject(new Refused(0, ""));
    const call = decodeURIComponent(path.split("/")[2] ?? "");
    if (method === "DELETE") {
      if (call) this.kept.delete(call);
      else this.kept.clear();
      return Promise.resolve({ body: null as T, etag: "*" });
    }
    const { base, draft } = body as { base: number; draft: Record<string, unknown> };
    const before = this.kept.get(call)?.version ?? 0;
    if (before === 0 || before === base) this.kept.set(call, { call, version: before + 1, at: "", draft });
    return Promise.resolve({ body: structuredClone(this.kept.get(call)) as T, etag: "*" });
  }
}

describe("the desk", () => {
  let desk: Desk;
  let joined = 0;
  const at = (store: Store) => new Drafts("1001", store, desk as unknown as Api, () => (joined += 1));
  const texts = () => [...desk.kept.values()].map((one) => one.draft["text"]);

  function type(drafts: Drafts, call: string, text: string): void {
    drafts.begin(call, "request", false, "tr");
    const draft = drafts.of(call);
    if (draft) draft.text = text;
    drafts.keep();
  }

  beforeEach(() => {
    vi.useFakeTimers();
    desk = new Desk();
    joined = 0;
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it("is given what was typed, and another computer has it", async () => {
    const here = at(new Store());
    type(here, "a", "Çuk");
    type(here, "a", "Çukur");
    expect(texts()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect([...desk.kept.values()].map((one) => [one.version, one.draft["text"]])).toEqual([[1, "Çukur"]]);
    const there = at(new Store());
    there.begin("a", "request", false, "tr"); // the call's form is there before the answer
    await there.load();
    expect(there.of("a")).toMatchObject({ text: "Çukur", key: here.of("a")?.key });
    expect(joined).toBe(0);
  });

  it("is given nothing of a form in which nothing was written, and loses what was saved", async () => {
    const here = at(new Store());
    here.begin("a", "request", false, "tr");
    await vi.advanceTimersByTimeAsync(1000);
    expect(texts()).toEqual([]);
    type(here, "a", "Çukur");
    await vi.advanceTimersByTimeAsync(1000);
    here.drop("a");
    await vi.advanceTimersByTimeAsync(1000);
    expect(texts()).toEqual([]);
  });

  it("has the words of both where two pages write", async () => {
    const [here, there] = [at(new Store()), at(new Store())];
    type(here, "a", "Çukur");
    await vi.advanceTimersByTimeAsync(1000);
    await there.load();
    type(there, "a", "Çukur, okulun önünde");
    await vi.advanceTimersByTimeAsync(1000);
    type(here, "a", "Çukur derin");
    await vi.advanceTimersByTimeAsync(3000);
    expect(texts()).toEqual(["Çukur derin\nÇukur, okulun önünde"]);
    expect(here.of("a")?.text).toBe("Çukur derin\nÇukur, okulun önünde");
    expect(joined).toBe(1);
  });

  it("that is away is asked again, and no word is lost meanwhile", async () => {
    desk.away = true;
    const here = at(new Store());
    await here.load();
    type(here, "a", "Çukur");
    await vi.advanceTimersByTimeAsync(20_000);
    desk.away = false;
    await vi.advanceTimersByTimeAsync(6000);
    expect(texts()).toEqual(["Çukur"]);
  });

  it("says by its silence that a form was saved elsewhere, unless more was written here", async () => {
    const stores = [new Store(), new Store()] as const;
    for (const store of stores) type(at(store), "a", "Çukur");
    await vi.advanceTimersByTimeAsync(3000);
    desk.kept.clear(); // saved at a third page
    const [untouched, written] = stores.map((store) => at(store)) as [Drafts, Drafts];
    const draft = written.of("a");
    if (draft) draft.text = "Çukur derin";
    await untouched.load();
    await written.load();
    expect([untouched.of("a"), written.of("a")?.text]).toEqual([null, "Çukur derin"]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(texts()).toEqual(["Çukur derin"]);
  });

  it("keeps nothing of who signed out, also of what was still on its way", async () => {
    const here = at(new Store());
    type(here, "a", "Çukur");
    await vi.advanceTimersByTimeAsync(1000);
    type(here, "a", "Çukur derin");
    await here.forget();
    await vi.advanceTimersByTimeAsync(5000);
    expect(texts()).toEqual([]);
  });
});
