// The page on which each role works. Somebody who has just signed in is led there; the first page stays where all of theirs are.
import type { Role, Session } from "./session";

const OF_ROLE: Partial<Record<Role, string>> = {
  agent: "/desk",
  lead: "/lead",
  unit: "/unit",
  inbox: "/inbox",
  analyst: "/report",
  admin: "/admin",
};

/** The path of one's desk; null: the role has none. */
export function deskOf(session: Session): string | null {
  const path = OF_ROLE[session.role];
  return path && session.pages?.includes(path) ? path : null;
}
