// The keys of a request's page and its list. They work wherever the focus is, and none of them types a letter.
import { codeOf, isAltAlone, type Pressed } from "../components/pressed";

export const KEYS = {
  list: { code: "KeyL", shown: "Alt+L" },
  request: { code: "KeyR", shown: "Alt+R" },
  note: { code: "KeyN", shown: "Alt+N" },
  search: { code: "KeyS", shown: "Alt+S" },
  view: { code: "KeyM", shown: "Alt+M" },
  call: { code: "KeyC", shown: "Alt+C" },
  take: { code: "KeyA", shown: "Alt+A" },
  paper: { code: "KeyE", shown: "Alt+E" },
} as const;

/** Putting a request right. Every letter with Alt is another one's at the agent's desk. */
export const AMEND = { code: "F7", shown: "F7" } as const;

export type KeyName = keyof typeof KEYS;

/** Of Alt+1 to Alt+9: the action of that place. */
export function digit(event: Pressed): number | null {
  const found = /^Digit([1-9])$/.exec(event.code);
  return found && isAltAlone(event) ? Number(found[1]) : null;
}

/** The key of putting right, also held down and where nothing is to be put right: browsers ask about a text cursor at F7. */
export function isAmendKey(event: Pressed): boolean {
  const { altKey, ctrlKey, metaKey, shiftKey } = event;
  return event.code === AMEND.code && !(altKey || ctrlKey || metaKey || shiftKey);
}

export function isAmend(event: Pressed): boolean {
  return isAmendKey(event) && !event.repeat;
}

export function keyOf(event: Pressed): KeyName | null {
  if (!isAltAlone(event)) return null;
  const code = codeOf(event);
  return (Object.keys(KEYS) as KeyName[]).find((name) => KEYS[name].code === code) ?? null;
}
