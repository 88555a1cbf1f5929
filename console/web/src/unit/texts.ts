// The words of a unit's page alone: the other desks have no use for them.
import { unit as en } from "../messages/unit.en";
import { unit as tr } from "../messages/unit.tr";
import { ownTexts } from "../text/own-texts";

export const texts = ownTexts(tr, en);
