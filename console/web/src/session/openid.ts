// Signing in by the institution's own accounts. The browser goes to the provider and comes back to the first page, whose address says
// what it came to.
import { ANSWER_MS } from "../api/deadlines";
import type { components } from "../api/schema";
import { deskOf } from "./home";
import type { Session } from "./session";

const KEY = "cozum.openid";
const OUTCOMES = ["in", "away", "refused", "not_let_in", "cancelled", "again", "ours"] as const;

export type OpenIdOutcome = (typeof OUTCOMES)[number];

/** The address that begins it; empty: there is no provider, or the desk does not say. */
export async function openIdWay(): Promise<string> {
  try {
    const answer = await fetch("/api/v1/session/openid", {
      cache: "no-store",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return answer.ok ? (((await answer.json()) as components["schemas"]["OpenIdWay"]).begin ?? "") : "";
  } catch {
    return "";
  }
}

/** Go to the provider, and remember the page for the way back, with what it shows (behind the `#`). */
export function goTo(way: string): void {
  sessionStorage.setItem(KEY, location.pathname + location.hash);
  location.assign(way);
}

/** The same in a tab of its own, from a page that must stay as it is. */
export function goApart(way: string): void {
  window.open(way, "_blank", "noopener");
}

/** What a sign-in came to, by an address; null: there was none. */
export function outcomeIn(search: string): OpenIdOutcome | null {
  const said = new URLSearchParams(search).get("openid");
  return OUTCOMES.find((one) => one === said) ?? null;
}

/** The page that somebody came from, if there was one in this tab. It is forgotten. */
export function cameFrom(): string | null {
  const place = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return place;
}

/** Where somebody who came back is led: to the page that they came from if it is theirs, or else to their desk; null: they stay. */
export function ledTo(session: Session, from: string | null): string | null {
  if (from === null) return null;
  const [path = ""] = from.split("#", 1);
  return session.pages?.includes(path) ? from : deskOf(session);
}
