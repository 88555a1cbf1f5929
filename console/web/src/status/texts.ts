// The words of the citizen's page: the desks have no use for them.
import { status as en } from "../messages/status.en";
import { status as tr } from "../messages/status.tr";
import { ownTexts } from "../text/own-texts";

export const texts = ownTexts(tr, en);
