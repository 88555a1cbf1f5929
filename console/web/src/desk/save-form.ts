// Saving a form as a request. No word of it is lost: neither if an answer is lost and the form is written on, nor if it is written on
// while the answer is on its way. What comes after the request is made is an amendment of it.
import { Refused, type Answer, type Api, type Schemas } from "../api/api";
import { freshKey } from "../api/fresh-key";
import type { Topic } from "../requests/town.svelte";
import { answersOf } from "./answers";
import type { Draft } from "./drafts.svelte";

type Whole = Schemas["WholeTicket"];

export interface Saved {
  request: Whole;
  /** All that is in the form is in the request. If not, the form goes on as an amendment of it. */
  isAll: boolean;
}

/** What a form says. `topic`: the chosen one; null: none, or one that the town has no more. `town`: whether its topics are known. */
export function toldIn(draft: Draft, topic: Topic | null, town: boolean) {
  const { district, address, text, name, language, contact, follows } = draft;
  return {
    topic: (town ? topic?.id : draft.topic) || null,
    district: district || null,
    follows: follows || null,
    address,
    text,
    name,
    language,
    contact,
    agrees: (topic?.hidden ?? false) && draft.agrees,
    fields: answersOf(topic?.questions ?? [], draft.fields),
  };
}

/** Save a form, and join it to the request that it is a duplicate of; `alone` is told why that could not be. `told` is asked again when
 * all answers have come: `toldIn` of the form then. Raises `Refused`; with a status of 0 or of 500
 * and more nobody knows whether the request was made, and whoever saves again learns it. */
export async function saveForm(
  api: Pick<Api, "get" | "send">,
  draft: Draft,
  told: () => ReturnType<typeof toldIn>,
  alone: (why: unknown) => void,
): Promise<Saved> {
  const sent = told();
  let answer: Answer<Whole>;
  try {
    answer = await write(api, draft, sent);
  } catch (error) {
    const number = madeBefore(error);
    if (!number) throw error;
    // An answer was lost, and the form has been written on since: what was made is put right.
    goesOn(draft, number);
    answer = await write(api, draft, sent);
  }
  await join(api, draft.parent, answer).catch(alone);
  const isAll = JSON.stringify(told()) === JSON.stringify(sent);
  if (!isAll) goesOn(draft, answer.body.number);
  return { request: answer.body, isAll };
}

async function join(api: Pick<Api, "send">, parent: string, { body, etag }: Answer<Whole>): Promise<void> {
  if (!parent || [body.number, body.parent].includes(parent)) return;
  await api.send("POST", `/tickets/${body.number}/duplicate-of`, { number: parent }, { "If-Match": etag });
}

/** The form amends this request from now on; that is another write. */
function goesOn(draft: Draft, number: string): void {
  draft.number = number;
  draft.key = freshKey();
}

async function write(
  api: Pick<Api, "get" | "send">,
  draft: Draft,
  sent: ReturnType<typeof toldIn>,
): Promise<Answer<Whole>> {
  const { call, service, number, urgent, key } = draft;
  const once = { "Idempotency-Key": key };
  const opened = number || (urgent ? await openedIn(api, call) : null); // the line opens that of an urgent call
  return opened
    ? api.send<Whole>("PATCH", `/tickets/${opened}`, sent, { "If-Match": "*", ...once })
    : api.send<Whole>("POST", "/tickets", { ...sent, service, call }, once);
}

async function openedIn(api: Pick<Api, "get">, call: string): Promise<string | null> {
  return (await api.get<Schemas["CallContext"]>(`/calls/${encodeURIComponent(call)}/context`)).ticket ?? null;
}

/** The number of the request that was made with this key and other words; empty: the refusal is another one. */
function madeBefore(error: unknown): string {
  if (!(error instanceof Refused) || error.key !== "idempotency-key") return "";
  return typeof error.value === "string" ? error.value : "";
}
