// The keys of a request's page and its list. They work wherever the focus is, and none of them types a letter.
export const KEYS = {
  list: { code: "KeyL", shown: "Alt+L" },
  request: { code: "KeyR", shown: "Alt+R" },
  note: { code: "KeyN", shown: "Alt+N" },
  search: { code: "KeyS", shown: "Alt+S" },
  view: { code: "KeyM", shown: "Alt+M" },
  take: { code: "KeyA", shown: "Alt+A" },
} as const;

export type KeyName = keyof typeof KEYS;

interface Pressed {
  code: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  repeat: boolean;
}

/** Alt alone: with Ctrl it is AltGr on a Turkish keyboard, which types. */
function alone(event: Pressed): boolean {
  return event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.repeat;
}

/** Of Alt+1 to Alt+9: the action of that place. */
export function digit(event: Pressed): number | null {
  const found = /^Digit([1-9])$/.exec(event.code);
  return found && alone(event) ? Number(found[1]) : null;
}

export function keyOf(event: Pressed): KeyName | null {
  if (!alone(event)) return null;
  return (Object.keys(KEYS) as KeyName[]).find((name) => KEYS[name].code === event.code) ?? null;
}
