// The account of an agent's telephone, for the person who is signed in.
import { Refused, type Api } from "../api/api";
import { NoAccount, type Account } from "./account";

export async function openAgentAccount(api: Api, extension: string): Promise<Account> {
  try {
    return (await api.send<Account>("POST", `/agents/${encodeURIComponent(extension)}/phone`, {})).body;
  } catch (error) {
    throw error instanceof Refused ? new NoAccount(error.status) : error;
  }
}
