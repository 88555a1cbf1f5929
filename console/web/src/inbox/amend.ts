// Putting right what a request says, from its task.
import { Refused, type Schemas } from "../api/api";
import { whyOf } from "../api/refusal";
import { toasts } from "../components/toasts.svelte";
import type { Whole } from "../requests/types";
import type { Work } from "../requests/work.svelte";
import { page } from "../text/page.svelte";

/** Whether it is done; if not, the page says why. It shows the request as it is after that. */
export async function amend(work: Work, whole: Whole, changed: Partial<Schemas["AmendmentBody"]>): Promise<boolean> {
  try {
    await work.api.send<Schemas["WholeTicket"]>("PATCH", `/tickets/${encodeURIComponent(whole.number)}`, changed, {
      "If-Match": `"${whole.version}"`,
    });
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const why = error.status === 412 ? page.t.requests.changed : page.t.requests.refused(whyOf(error));
    if (error.status !== 401) toasts.say(error.status ? why : page.t.desk.away, "wrong", error.action);
    return false;
  } finally {
    await work.refresh(true);
  }
}
