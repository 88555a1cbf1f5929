// As refusals.tr.ts, in English.
import type { Messages } from "./tr";

export const refusals: Messages["refusals"] = {
  codes: {
    no_such_move: "The state of the request does not allow this.",
    not_your_role: "You may not do this.",
    not_your_unit: "Your unit does not have this request.",
    missing: "Something that is needed is missing.",
    unknown: "There is no such choice.",
    not_allowed: "What was entered is not accepted.",
    too_late: "It is too late for this.",
    too_many: "No more are accepted.",
    already_done: "This is done already.",
    follows_parent: "The request is joined to a parent: change that one.",
    other_place: "The two requests are about different places.",
    stale: "This is out of date: the request has changed meanwhile.",
  },
  statuses: {
    0: "The server cannot be reached.",
    403: "You may not do this.",
    404: "There is no such thing; it may be gone meanwhile.",
    409: "This cannot be done now: something stands against it.",
    412: "It has changed meanwhile. Refresh and try again.",
    413: "What was sent is too large.",
    415: "A file of this kind is not accepted.",
    422: "What was sent is not accepted.",
    428: "Refresh the page and try again.",
    429: "Too many tries. Try again in a moment.",
    503: "The server cannot do this now. Try again in a moment.",
  },
  other: "It could not be done.",
};
