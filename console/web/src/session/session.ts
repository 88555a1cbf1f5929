// The person who is signed in. The session itself is a cookie that no script can read; what a page holds is who it is, and the word
// that its writes carry (`csrf`).
import { ANSWER_MS } from "../api/deadlines";
import type { components } from "../api/schema";
import { destroyHalf } from "../requests/half-shelf";
import { leaveKept } from "../requests/kept-shelf";
import { forgetLeftBehind } from "./left-behind";

export type Session = components["schemas"]["Session"];
export type Role = Session["role"];

const PATH = "/api/v1/session";
/** A browser's store that hangs keeps nobody from their work for longer: what it has of another person is shown to its own alone. */
const LEAVE_MS = 1_000;

/** The desk said no, or did not answer. `status` is the answer's, 0 where there was none. */
export class NotSignedIn extends Error {
  constructor(
    readonly status: number,
    /** Seconds after which to try again; 0: no matter. */
    readonly retryAfter: number,
  ) {
    super(`no session: ${status}`);
  }
}

/** The person who is signed in here; null: nobody. What the browser keeps of anybody else's is destroyed. */
export async function whoAmI(): Promise<Session | null> {
  try {
    const session = await ask("GET", {});
    void leaveKept(session.user);
    return session;
  } catch (error) {
    if (!(error instanceof NotSignedIn) || error.status !== 401) throw error;
    void leaveKept("");
    return null;
  }
}

/** The session that this browser has now, where it is `user`'s; null: nobody's or another person's. */
export async function sessionOf(user: string): Promise<Session | null> {
  const session = await whoAmI();
  return session?.user === user ? session : null;
}

export async function signIn(user: string, password: string): Promise<Session> {
  const session = await ask("POST", { "Content-Type": "application/json" }, JSON.stringify({ user, password }));
  const late = new Promise((resolve) => setTimeout(resolve, LEAVE_MS));
  await Promise.race([leaveKept(session.user), late]); // before anything of theirs is shown
  return session;
}

/** End the session; nothing of citizens stays in the tab. One that is over already has ended as well; one that the same person has
 * begun in another tab since then is ended. */
export async function signOut(session: Session): Promise<void> {
  let answer = await send("DELETE", { "X-CSRF-Token": session.csrf });
  if (answer.status === 403) {
    const now = await sessionOf(session.user);
    if (!now) return leaveNothing(session.user);
    answer = await send("DELETE", { "X-CSRF-Token": now.csrf });
  }
  if (!answer.ok && answer.status !== 401) throw refusal(answer);
  await leaveNothing(session.user);
}

/** Of what they have begun to write, either: it may have been at another page. */
async function leaveNothing(user: string): Promise<void> {
  forgetLeftBehind(sessionStorage);
  await Promise.all([destroyHalf(user), leaveKept("")]);
}

async function ask(method: string, headers: Record<string, string>, body?: string): Promise<Session> {
  const answer = await send(method, headers, body);
  if (!answer.ok) throw refusal(answer);
  try {
    return (await answer.json()) as Session;
  } catch {
    throw new NotSignedIn(0, 0); // it did not come whole
  }
}

/** Ask about the session, or at the path `below` it. Throws `NotSignedIn` where there is no answer. */
export async function send(
  method: string,
  headers: Record<string, string>,
  body?: string,
  below = "",
): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    return await fetch(PATH + below, { method, headers, body: body ?? null, cache: "no-store", signal });
  } catch {
    throw new NotSignedIn(0, 0);
  }
}

function refusal(answer: Response): NotSignedIn {
  return new NotSignedIn(answer.status, Number(answer.headers.get("Retry-After") ?? 0));
}
