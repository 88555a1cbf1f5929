// One write to the backend, and what became of it.
import { Refused, type Api } from "../api/api";
import { whyOf } from "../api/refusal";
import type { Delivered, Write } from "./outbox.svelte";
import type { Whole } from "./types";

export async function deliver(api: Api, write: Write): Promise<Delivered> {
  const path = `/tickets/${encodeURIComponent(write.number)}${write.path}`;
  const headers = { "If-Match": `"${write.base}"`, "Idempotency-Key": write.key };
  try {
    const answer = await api.send<Whole>(write.method ?? "POST", path, write.file ?? write.body ?? {}, headers);
    return { kind: "done", ticket: answer.body };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return became(error);
  }
}

/** 401: the session is over, and the page asks for it; 429 and 5xx: not now. */
export function became(error: Refused): Delivered {
  const { status } = error;
  if (status === 0 || status === 401 || status === 429 || status >= 500) return { kind: "away" };
  return status === 412 ? { kind: "changed" } : { kind: "refused", why: whyOf(error), wrong: error.key };
}
