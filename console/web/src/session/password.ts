// Somebody changes their own password. Their session goes on, with another word for its writes.
import { NotSignedIn, send, sessionOf, type Session } from "./session";

/** What is asked of a password (acd/lib/passwords.py). */
export type PasswordRule = "length" | "variety" | "demo" | "name" | "same";

/** A password that was not changed. `key` is the field that is wrong, `rule` what its value is not. */
export class NotChanged extends NotSignedIn {
  constructor(
    status: number,
    retryAfter: number,
    readonly key: string,
    readonly rule: PasswordRule | null,
    readonly shortest: number,
    readonly longest: number,
  ) {
    super(status, retryAfter);
  }
}

interface Problem {
  key?: string;
  allowed?: { rule?: PasswordRule; shortest?: number; longest?: number } | null;
}

/** Change it. Throws `NotChanged`, or `NotSignedIn` where there was no answer. */
export async function changePassword(session: Session, present: string, fresh: string): Promise<Session> {
  let answer = await put(session.csrf, present, fresh);
  if (answer.status === 403) {
    const now = await sessionOf(session.user); // another tab may have begun another session
    if (now) answer = await put(now.csrf, present, fresh);
  }
  if (!answer.ok) throw await refusal(answer);
  try {
    return (await answer.json()) as Session;
  } catch {
    throw new NotSignedIn(0, 0); // it did not come whole
  }
}

function put(csrf: string, present: string, fresh: string): Promise<Response> {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
  return send("PUT", headers, JSON.stringify({ old_password: present, password: fresh }), "/password");
}

async function refusal(answer: Response): Promise<NotChanged> {
  const told = (await answer.json().catch(() => ({}))) as Problem;
  const { rule = null, shortest = 0, longest = 0 } = told.allowed ?? {};
  return new NotChanged(
    answer.status,
    Number(answer.headers.get("Retry-After") ?? 0),
    told.key ?? "",
    rule,
    shortest,
    longest,
  );
}
