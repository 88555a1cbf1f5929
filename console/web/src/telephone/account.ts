// A browser phone's account, as the desk gives it out: new at each asking, and kept nowhere.
import { ANSWER_MS } from "../api/deadlines";
import type { components } from "../api/schema";

export type Account = components["schemas"]["Phone"];

/** There is no account to be had. `status` is the answer's, 0 where there was none. */
export class NoAccount extends Error {
  constructor(readonly status: number) {
    super(`no phone account: ${status}`);
  }
}

/** Whether the desk has refused an account: to ask again as before changes nothing. */
export function isForGood(error: unknown): boolean {
  return error instanceof NoAccount && error.status >= 400 && error.status < 500 && error.status !== 429;
}

/** Whether it has refused because another page has the telephone. */
export function isElsewhere(error: unknown): boolean {
  return error instanceof NoAccount && error.status === 409;
}

/** Whether it has refused because nobody is signed in. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof NoAccount && error.status === 401;
}

/** The account of the demo's caller; `/phone` is served in the demo alone. */
export async function openDemoAccount(): Promise<Account> {
  try {
    const answer = await fetch("/phone/line", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "{}",
      cache: "no-store",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (!answer.ok) throw new NoAccount(answer.status);
    return (await answer.json()) as Account;
  } catch (error) {
    throw error instanceof NoAccount ? error : new NoAccount(0);
  }
}
