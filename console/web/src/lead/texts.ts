// The words of the shift lead's desk, which the report of requests has too: agents and citizens have no use for them.
import { lead as en } from "../messages/lead.en";
import { lead as tr } from "../messages/lead.tr";
import { ownTexts } from "../text/own-texts";

export const texts = ownTexts(tr, en);
