// The account of an agent's telephone, for the person who is signed in. A page that only renews the account it has had names that
// one's `socket`, and takes no telephone over. While nobody is signed in nobody is asked: the browser may be somebody's by then who has
// signed in in another tab, and the page is told of it.
import { Refused, type Api } from "../api/api";
import { NoAccount, type Account } from "./account";

export async function openAgentAccount(
  api: Api,
  extension: string,
  isSignedIn: boolean,
  renews = "",
): Promise<Account> {
  if (!isSignedIn) throw new NoAccount(401);
  try {
    const wish = renews ? { renews } : {};
    return (await api.send<Account>("POST", `/agents/${encodeURIComponent(extension)}/phone`, wish)).body;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // Who has the telephone is not known yet: as if there were no answer, so that it is asked for again.
    throw new NoAccount(error.status === 409 && error.key === "renews" ? 0 : error.status);
  }
}
