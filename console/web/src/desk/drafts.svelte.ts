// Requests that are being taken down, one for each call. They outlive a reload of the page, since the tab keeps them, and the loss of
// the browser or the computer, since the desk does. They are gone when they are saved or thrown away, and when their person signs out.
import { Refused, type Api, type Schemas } from "../api/api";
import { freshKey } from "../api/fresh-key";
import { DRAFTS_KEY } from "../session/left-behind";
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
  /** Number of the request as which it was saved, where more was written since: that amends it. Empty: not saved yet. */
  number: string;
  /** When it was begun, as RFC 3339 has it; and the caller's number as the agent sees it. Empty: not known. */
  begun: string;
  caller: string;
}

/** What the desk has of a draft: its version, and the words then, as JSON. */
interface Kept {
  /** 0: nothing, as far as is known here. */
  version: number;
  words: string;
  /** What it was sent and has not answered. It may have these words. */
  sent?: string;
  /** The draft was saved or thrown away here, and the desk has not been told yet. */
  dropped?: boolean;
}

/** What is to follow an attempt: "again" after a while, or nothing until they have signed in. */
type Next = "" | "again" | "over";

const MOST = 12;
/** So long after a change, ms, the desk is given it. */
const KEEP_MS = 800;
/** So long after a failure. */
const AGAIN_MS = 5000;
/** The desk's answer where a draft was and is no more. */
const GONE = 410;

/** What drafts of an older page lack, as a new one has it. */
const LATER = { follows: "", agrees: false, contact: "call" as Contact, number: "", begun: "", caller: "" };

export class Drafts {
  list = $state<Draft[]>([]);
  /** Those that the desk has kept have been read. */
  loaded = $state(false);
  readonly #name: string;
  /** By call. */
  #kept: Record<string, Kept>;
  /** Words that the desk does not take, by call: they are not sent again. */
  readonly #refused: Record<string, string> = {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #working: Promise<void> | null = null;
  /** What the desk has is to be read. */
  #toLoad = false;
  /** The call whose draft stays also if the desk has destroyed it. */
  #stays = "";
  /** Their person is signing out. */
  #rests = false;

  /** `api`: the desk, which keeps them too. `ontold`: words of another page of the same person have been added; or a form was
   * dropped, since the desk has destroyed it. */
  constructor(
    readonly user: string,
    private readonly store: Pick<Storage, "getItem" | "setItem" | "removeItem">,
    private readonly api: Pick<Api, "get" | "send"> | null = null,
    private readonly ontold: (what: "joined" | "gone") => void = () => undefined,
  ) {
    this.#name = `${DRAFTS_KEY}${user}`;
    this.list = read(store.getItem(this.#name));
    this.#kept = parsed<Record<string, Kept>>(store.getItem(`${this.#name}.kept`)) ?? {};
    this.loaded = api === null;
  }

  /** Those in which something was written. */
  get unsaved(): Draft[] {
    return this.list.filter((one) => !isEmpty(one));
  }

  of(call: string): Draft | null {
    return this.list.find((draft) => draft.call === call) ?? null;
  }

  /** Begin one for a call, unless it has one. `of`: by what the agent knows it again. */
  begin(
    call: string,
    service: string,
    urgent: boolean,
    language: string,
    of: Partial<Pick<Draft, "begun" | "caller">> = {},
  ): void {
    if (this.of(call)) return;
    const empty = { topic: "", district: "", address: "", text: "", name: "", fields: {}, parent: "" };
    const draft: Draft = { call, service, urgent, language, ...empty, ...LATER, ...of, key: freshKey() };
    this.#add(this.unsaved, draft);
    this.keep();
  }

  /** It was saved or thrown away. The desk is told at once, since the page may be gone in a moment. */
  drop(call: string): void {
    const draft = this.of(call);
    this.#remove(call);
    const mayBeThere = call in this.#kept || (draft !== null && !isEmpty(draft));
    if (this.api && mayBeThere) this.#kept[call] = { version: 0, words: "", ...this.#kept[call], dropped: true };
    this.keep();
    if (this.api && mayBeThere && !this.#rests) void this.#work();
  }

  /** Remember them; to be called after a change of one. */
  keep(): void {
    if (this.#rests) return;
    this.#store();
    if (this.api && this.#changes().length) this.#later(KEEP_MS);
  }

  /** Have what the desk has kept of this person, from another computer too; tried until it answers. What was saved or thrown away
   * there goes here. `stays`: the call of somebody whose session was over, perhaps by a sign-out that has destroyed what the desk had:
   * what they take down in it goes on. */
  async load(stays = ""): Promise<void> {
    if (!this.api) return;
    this.#toLoad = true;
    this.#stays = stays;
    await this.#working;
    await this.#work();
  }

  /** Their person is signing out, by which the desk destroys those that it has: nothing is on its way to it any more. */
  async rest(): Promise<void> {
    this.#rests = true;
    clearTimeout(this.#timer);
    await this.#working;
  }

  /** Their person could not sign out. */
  wake(): void {
    this.#rests = false;
    this.#store();
    if (this.api) void this.#work();
  }

  /** Destroy them here: their person has signed out. */
  forget(): void {
    this.#rests = true;
    clearTimeout(this.#timer);
    this.list = [];
    this.#kept = {};
    this.store.removeItem(this.#name);
    this.store.removeItem(`${this.#name}.kept`);
  }

  #store(): void {
    this.store.setItem(this.#name, JSON.stringify(this.list));
    this.store.setItem(`${this.#name}.kept`, JSON.stringify(this.#kept));
  }

  /** There is room for few: the oldest goes that is at the desk as it is here, and stays there. */
  #add(to: readonly Draft[], draft: Draft): void {
    const list = [...to];
    while (list.length >= MOST) {
      const place = list.findIndex((one) => this.api === null || this.#kept[one.call]?.words === wordsOf(one));
      if (place < 0) break; // no word is lost for want of room
      list.splice(place, 1);
    }
    this.list = [...list, draft];
  }

  #remove(call: string): void {
    this.list = this.list.filter((draft) => draft.call !== call);
  }

  #unkept(call: string): void {
    this.#kept = Object.fromEntries(Object.entries(this.#kept).filter(([of]) => of !== call));
  }

  /** Calls whose draft the desk has otherwise. One that is not here and was not dropped had no room here: it stays there. */
  #changes(): string[] {
    const dropped = Object.keys(this.#kept).filter((call) => this.#kept[call]?.dropped);
    const written = this.list.filter((draft) => {
      const [kept, words] = [this.#kept[draft.call], wordsOf(draft)];
      if (kept?.dropped || this.#refused[draft.call] === words) return false;
      return kept ? words !== kept.words : !isEmpty(draft);
    });
    return [...dropped, ...written.map((draft) => draft.call)];
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#work(), ms);
  }

  /** One round at a time, so that no answer of before comes behind a later one. */
  #work(): Promise<void> {
    this.#working ??= this.#round().finally(() => (this.#working = null));
    return this.#working;
  }

  async #round(): Promise<void> {
    clearTimeout(this.#timer);
    const nexts = [await this.#fetch()];
    if (nexts[0] !== "over") nexts.push(await this.#send());
    if (this.#rests) return;
    this.#store();
    if (nexts.includes("over")) return;
    if (nexts.includes("again")) this.#later(AGAIN_MS);
    else if (this.#changes().length) this.#later(KEEP_MS);
  }

  async #fetch(): Promise<Next> {
    if (!this.#toLoad || !this.api) return "";
    let found: Schemas["KeptDraft"][];
    try {
      found = await this.api.get<Schemas["KeptDraft"][]>("/drafts");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return nextAfter(error);
    }
    if (this.#rests) return "";
    this.#toLoad = false;
    for (const one of found) this.#take(one);
    const there = found.map((one) => one.call);
    for (const [call, kept] of Object.entries(this.#kept)) {
      if (there.includes(call)) continue;
      const draft = this.of(call);
      if (kept.dropped || !draft || call === this.#stays) this.#unkept(call);
      else if (kept.version && wordsOf(draft) === kept.words) {
        this.#unkept(call);
        this.#remove(call);
      } // and one in which more was written is sent: its answer is that it is gone
    }
    this.loaded = true;
    return "";
  }

  async #send(): Promise<Next> {
    let next: Next = "";
    for (const call of this.#changes()) {
      if (this.#rests) return "";
      try {
        await this.#tell(call);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (nextAfter(error) === "over") return "over";
        if (nextAfter(error) === "again") next = "again";
        else this.#told(call, error.status);
      }
    }
    return next;
  }

  async #tell(call: string): Promise<void> {
    const [draft, kept] = [this.of(call), this.#kept[call]];
    if (kept?.dropped) {
      await this.api?.send("DELETE", pathOf(call), undefined, {}, true);
      this.#unkept(call);
      return;
    }
    if (!draft) return;
    // What has had no answer is sent again as it was, or our own words could come back as somebody else's.
    const words = kept?.sent ?? wordsOf(draft);
    this.#kept[call] = { version: 0, words: "", ...kept, sent: words };
    this.#store();
    const written = Object.entries(JSON.parse(words) as Draft).filter(([name]) => name !== "call");
    const body = { base: kept?.version ?? 0, draft: Object.fromEntries(written) };
    const answer = await this.api?.send<Schemas["KeptDraft"]>("PUT", pathOf(call), body);
    if (answer && !this.#rests) this.#take(answer.body);
  }

  /** The desk does not take a draft. If it has destroyed what this one goes on from, by a sign-out or an erasure, this one goes too. */
  #told(call: string, status: number): void {
    const [draft, kept] = [this.of(call), this.#kept[call]];
    if (kept?.dropped) return this.#unkept(call);
    if (status !== GONE) {
      if (kept?.sent) this.#refused[call] = kept.sent;
      if (kept?.version) this.#kept[call] = { version: kept.version, words: kept.words };
      else this.#unkept(call);
      return;
    }
    this.#unkept(call);
    this.#remove(call);
    if (draft && !isEmpty(draft)) this.ontold("gone");
  }

  /** The desk has this: what it has and we do not is added to ours. */
  #take(one: Schemas["KeptDraft"]): void {
    const theirs: Draft = { ...LATER, ...(one.draft as unknown as Draft), call: one.call };
    const words = wordsOf(theirs);
    const mine = this.of(one.call);
    const before = this.#kept[one.call];
    if (before?.dropped) return; // the desk has not heard of it yet
    this.#kept[one.call] = { version: one.version, words };
    if (!mine) this.#add(this.list, theirs);
    else if ([before?.sent, before?.words, wordsOf(mine)].includes(words))
      return; // our own words
    else if (isEmpty(mine) || wordsOf(mine) === before?.words) Object.assign(mine, theirs);
    else {
      Object.assign(mine, joined(mine, theirs));
      this.ontold("joined");
    }
  }
}

function nextAfter({ status }: Refused): Next {
  if (status === 401 || status === 403) return "over";
  return status === 0 || status >= 500 || status === 429 ? "again" : "";
}

function pathOf(call: string): string {
  return `/drafts/${encodeURIComponent(call)}`;
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
