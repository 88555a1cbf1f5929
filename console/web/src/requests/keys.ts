// The keys of a request's page and its list. They work wherever the focus is, and none of them types a letter.
import { codeOf, isAltAlone, type Pressed } from "../components/pressed";

interface Key {
  code: string;
  shown: string;
}

export const KEYS = {
  list: { code: "KeyL", shown: "Alt+L" },
  request: { code: "KeyR", shown: "Alt+R" },
  search: { code: "KeyS", shown: "Alt+S" },
  view: { code: "KeyM", shown: "Alt+M" },
  call: { code: "KeyC", shown: "Alt+C" },
  take: { code: "KeyA", shown: "Alt+A" },
  paper: { code: "KeyE", shown: "Alt+E" },
} as const;

/** Putting a request right. Every letter with Alt is another one's at the agent's desk. */
const AMEND = { code: "F7", shown: "F7" };

/** The key of each thing that people do to a request, the same whatever else can be done to it. Joining and parting share
 * one, since a request can only be joined or parted. What agents do has 4 to 9: at their desk all others are taken. */
export const ACTION_KEYS: Readonly<Record<string, Key>> = {
  accept: { code: "Digit1", shown: "Alt+1" },
  begin: { code: "Digit2", shown: "Alt+2" },
  resolve: { code: "Digit3", shown: "Alt+3" },
  assign: { code: "Digit4", shown: "Alt+4" },
  answer: { code: "Digit5", shown: "Alt+5" },
  not_ours: { code: "Digit6", shown: "Alt+6" },
  join: { code: "Digit7", shown: "Alt+7" },
  leave: { code: "Digit7", shown: "Alt+7" },
  resume: { code: "Digit8", shown: "Alt+8" },
  tell: { code: "Digit9", shown: "Alt+9" },
  tell_anew: { code: "KeyW", shown: "Alt+W" },
  ask: { code: "KeyV", shown: "Alt+V" },
  wait_outside: { code: "KeyD", shown: "Alt+D" },
  hand_on: { code: "KeyT", shown: "Alt+T" },
  refuse: { code: "KeyY", shown: "Alt+Y" },
  return: { code: "KeyG", shown: "Alt+G" },
  close: { code: "KeyK", shown: "Alt+K" },
  lapse: { code: "KeyZ", shown: "Alt+Z" },
  withdraw: { code: "KeyX", shown: "Alt+X" },
  reopen: { code: "KeyO", shown: "Alt+O" },
  extension: { code: "KeyU", shown: "Alt+U" },
  file: { code: "KeyI", shown: "Alt+I" },
  note: { code: "KeyN", shown: "Alt+N" },
  amend: AMEND,
};

/** The list of keys. */
export const HELP = { code: "KeyH", shown: "Alt+H" } as const;

export type KeyName = keyof typeof KEYS;

/** The actions by their keys, as a list of keys has them: one that two actions share once. */
export function actionsByKey(taken: ReadonlySet<string>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [action, { shown }] of Object.entries(ACTION_KEYS)) {
    if (!taken.has(shown)) found.set(shown, [...(found.get(shown) ?? []), action]);
  }
  return found;
}

/** The key of putting right, also held down and where nothing is to be put right: browsers ask about a text cursor at F7. */
export function isAmendKey(event: Pressed): boolean {
  const { altKey, ctrlKey, metaKey, shiftKey } = event;
  return event.code === AMEND.code && !(altKey || ctrlKey || metaKey || shiftKey);
}

/** The actions that a pressed key chooses, but for those whose key does something else on this page. */
export function chosen(event: Pressed, taken: ReadonlySet<string>): string[] {
  const isAmend = isAmendKey(event) && !event.repeat;
  const found = isAmend ? ["amend"] : isAltAlone(event) ? ofLetter(codeOf(event)) : [];
  return found.filter((one) => !taken.has(ACTION_KEYS[one]?.shown ?? ""));
}

/** Of a letter or digit with Alt. */
function ofLetter(code: string): string[] {
  return Object.keys(ACTION_KEYS).filter((one) => one !== "amend" && ACTION_KEYS[one]?.code === code);
}

export function isHelp(event: Pressed): boolean {
  return isAltAlone(event) && codeOf(event) === HELP.code;
}

export function keyOf(event: Pressed): KeyName | null {
  if (!isAltAlone(event)) return null;
  const code = codeOf(event);
  return (Object.keys(KEYS) as KeyName[]).find((name) => KEYS[name].code === code) ?? null;
}
