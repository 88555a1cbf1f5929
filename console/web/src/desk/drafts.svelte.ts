// Requests that are being taken down, one for each call. They outlive a reload of the page, since the tab keeps them, and the loss of
// the browser or the computer, since the desk does. They are gone when they are saved or thrown away, and when their person signs out.
import { Refused, type Api, type Schemas } from "../api/api";
import { joined } from "./joined-drafts";

export type Contact = Schemas["Ticket"]["contact"];

export interface Draft {
  call: string;
  service: string;
  urgent: boolean;
  language: string;
  topic: string;
  district: string;
  address: string;
  text: string;
  name: string;
  /** Answers to the topic's questions, as they were typed. */
  fields: Record<string, string>;
  /** Number of the request that it is a duplicate of. */
  parent: string;
  /** Number of the request that it follows up. */
  follows: string;
  /** They agree that the unit learns who made a report about somebody. */
  agrees: boolean;
  /** How they want to be told the outcome. */
  contact: Contact;
  /** The write's key: the same write sent again is made once. */
  key: string;
}

/** What the desk has of a draft: its version, and the words then, as JSON. */
interface Kept {
  version: number;
  words: string;
}

const MOST = 12;
/** So long after a change, ms, the desk is given it. */
const KEEP_MS = 800;
/** So long after a failure. */
const AGAIN_MS = 5000;

/** What drafts of an older page lack, as a new one has it. */
const LATER = { follows: "", agrees: false, contact: "call" as Contact };

export class Drafts {
  list = $state<Draft[]>([]);
  readonly #name: string;
  /** By call. */
  #kept: Record<string, Kept>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> | null = null;
  #ended = false;

  /** `api`: the desk, which keeps them too. `onjoined`: words of another page of the same person have been added. */
  constructor(
    readonly user: string,
    private readonly store: Pick<Storage, "getItem" | "setItem" | "removeItem">,
    private readonly api: Pick<Api, "get" | "send"> | null = null,
    private readonly onjoined: () => void = () => undefined,
  ) {
    this.#name = `cozum.drafts.${user}`;
    this.list = read(store.getItem(this.#name));
    this.#kept = parsed<Record<string, Kept>>(store.getItem(`${this.#name}.kept`)) ?? {};
  }

  /** Those in which something was written. */
  get unsaved(): Draft[] {
    return this.list.filter((one) => !isEmpty(one));
  }

  of(call: string): Draft | null {
    return this.list.find((draft) => draft.call === call) ?? null;
  }

  /** Begin one for a call, unless it has one. */
  begin(call: string, service: string, urgent: boolean, language: string): void {
    if (this.of(call)) return;
    const empty = { topic: "", district: "", address: "", text: "", name: "", fields: {}, parent: "" };
    const draft: Draft = { call, service, urgent, language, ...empty, ...LATER, key: crypto.randomUUID() };
    this.list = [...this.unsaved, draft].slice(-MOST);
    this.keep();
  }

  drop(call: string): void {
    this.list = this.list.filter((draft) => draft.call !== call);
    this.keep();
  }

  /** Remember them; to be called after a change of one. */
  keep(): void {
    this.#store();
    if (this.api && !this.#ended && this.#changes().length) this.#later(KEEP_MS);
  }

  /** Have what the desk has kept of this person, from another computer too. What was saved or thrown away there goes here. */
  async load(): Promise<void> {
    if (!this.api) return;
    let found: Schemas["KeptDraft"][];
    try {
      found = await this.api.get<Schemas["KeptDraft"][]>("/drafts");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.status !== 401 && error.status !== 403) this.#later(AGAIN_MS); // the desk's database is away
      return;
    }
    for (const one of found) this.#take(one);
    const there = found.map((one) => one.call);
    for (const [call, kept] of Object.entries(this.#kept)) {
      if (there.includes(call)) continue;
      this.#unkept(call);
      const draft = this.of(call);
      if (draft && wordsOf(draft) === kept.words) this.list = this.list.filter((one) => one !== draft);
    }
    this.keep();
  }

  /** Destroy them, here and at the desk. */
  async forget(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.list = [];
    this.#kept = {};
    this.store.removeItem(this.#name);
    this.store.removeItem(`${this.#name}.kept`);
    await this.#sending;
    await this.api?.send("DELETE", "/drafts").catch(() => undefined);
  }

  #store(): void {
    this.store.setItem(this.#name, JSON.stringify(this.list));
    this.store.setItem(`${this.#name}.kept`, JSON.stringify(this.#kept));
  }

  #unkept(call: string): void {
    this.#kept = Object.fromEntries(Object.entries(this.#kept).filter(([of]) => of !== call));
  }

  /** Calls whose draft the desk has otherwise. */
  #changes(): string[] {
    const written = this.unsaved.map((one) => one.call).filter((call) => !(call in this.#kept));
    return [...written, ...Object.keys(this.#kept)].filter((call) => {
      const draft = this.of(call);
      return draft ? wordsOf(draft) !== this.#kept[call]?.words : true;
    });
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#sending ??= this.#send().finally(() => (this.#sending = null));
    }, ms);
  }

  async #send(): Promise<void> {
    try {
      for (const call of this.#changes()) {
        if (this.#ended) return;
        await this.#tell(call);
      }
      this.#store();
      if (this.#changes().length) this.#later(KEEP_MS);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.status === 0 || error.status >= 500 || error.status === 429) this.#later(AGAIN_MS);
    }
  }

  async #tell(call: string): Promise<void> {
    const draft = this.of(call);
    const path = `/drafts/${encodeURIComponent(call)}`;
    if (!draft) {
      await this.api?.send("DELETE", path);
      if (!this.of(call)) this.#unkept(call);
      return;
    }
    const words = wordsOf(draft);
    const written = Object.entries(JSON.parse(words) as Draft).filter(([name]) => name !== "call");
    const body = { base: this.#kept[call]?.version ?? 0, draft: Object.fromEntries(written) };
    const answer = await this.api?.send<Schemas["KeptDraft"]>("PUT", path, body);
    if (!answer || this.#ended) return;
    if (wordsOf({ ...(answer.body.draft as unknown as Draft), call }) === words)
      this.#kept[call] = { version: answer.body.version, words };
    else this.#take(answer.body);
  }

  /** The desk has this: what it has and we do not is added to ours. */
  #take(one: Schemas["KeptDraft"]): void {
    const theirs: Draft = { ...LATER, ...(one.draft as unknown as Draft), call: one.call };
    const words = wordsOf(theirs);
    const mine = this.of(one.call);
    const before = this.#kept[one.call];
    this.#kept[one.call] = { version: one.version, words };
    if (!mine) this.list = [...this.list, theirs].slice(-MOST);
    else if (isEmpty(mine) || wordsOf(mine) === before?.words) Object.assign(mine, theirs);
    else if (words !== before?.words && wordsOf(mine) !== words) {
      Object.assign(mine, joined(mine, theirs));
      this.onjoined();
    }
  }
}

/** Whether nothing has been taken down yet. */
export function isEmpty(draft: Draft): boolean {
  const { topic, district, address, text, name, fields } = draft;
  return ![topic, district, address, text, name, ...Object.values(fields)].some((value) => value.trim());
}

/** All of a draft in one order. */
function wordsOf(draft: Draft): string {
  const { fields, ...rest } = draft;
  const inOrder = (one: object) => Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ ...inOrder(rest), fields: inOrder(fields) });
}

function read(text: string | null): Draft[] {
  return (parsed<Draft[]>(text) ?? []).map((one) => ({ ...LATER, ...one }));
}

function parsed<T>(text: string | null): T | null {
  try {
    return text ? (JSON.parse(text) as T) : null;
  } catch {
    return null;
  }
}
