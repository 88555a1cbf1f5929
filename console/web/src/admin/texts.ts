// The words of the administrator's page: agents and units have no use for them.
import { admin as en } from "../messages/admin.en";
import { admin as tr } from "../messages/admin.tr";
import { audit as auditEn } from "../messages/audit.en";
import { audit as auditTr } from "../messages/audit.tr";
import { ownTexts } from "../text/own-texts";

export const texts = ownTexts({ ...tr, ...auditTr }, { ...en, ...auditEn });
