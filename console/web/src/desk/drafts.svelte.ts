// Requests that are being taken down, one for each call. They outlive a reload of the page, and end with the tab or when their
// person signs out: what a citizen has told is kept nowhere else in the browser.
import type { Schemas } from "../api/api";

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

const MOST = 12;

/** What drafts of an older page lack, as a new one has it. */
const LATER = { follows: "", agrees: false, contact: "call" as Contact };

export class Drafts {
  list = $state<Draft[]>([]);
  readonly #name: string;

  constructor(
    readonly user: string,
    private readonly store: Pick<Storage, "getItem" | "setItem" | "removeItem">,
  ) {
    this.#name = `cozum.drafts.${user}`;
    this.list = read(store.getItem(this.#name));
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
    this.store.setItem(this.#name, JSON.stringify(this.list));
  }

  forget(): void {
    this.list = [];
    this.store.removeItem(this.#name);
  }
}

/** Whether nothing has been taken down yet. */
export function isEmpty(draft: Draft): boolean {
  const { topic, district, address, text, name, fields } = draft;
  return ![topic, district, address, text, name, ...Object.values(fields)].some((value) => value.trim());
}

function read(text: string | null): Draft[] {
  try {
    const kept = text ? (JSON.parse(text) as Draft[]) : [];
    return kept.map((one) => ({ ...LATER, ...one }));
  } catch {
    return [];
  }
}
