// Which key was pressed, by what stands on it.

/** What the pages' keys need of a keyboard event. */
export interface Pressed {
  code: string;
  key: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  repeat: boolean;
}

/** Letters that the Turkish keyboards have besides, each on its own key: none of our keys is called so. */
const OF_ITS_OWN = /^[çğöşü]$/i;

/** The key that was pressed, as `code` names it on a QWERTY keyboard: `KeyA` is the key on which A stands, wherever a layout
 * such as the Turkish F keyboard has it. Digits and other keys are where they are, and so is a letter where Alt types
 * something else (on a Mac) or the layout has none of ours (Greek, Cyrillic). Empty: none of our keys can be meant. */
export function codeOf(event: Pick<Pressed, "code" | "key">): string {
  const { code, key } = event;
  if (/^[a-z]$/i.test(key)) return `Key${key.toLocaleUpperCase("en")}`;
  if (key === "ı" || key === "İ") return "KeyI"; // beside it stands the other I: either may be meant by Alt+I
  // Option+C types ç on a Mac. No Turkish keyboard has its ç there.
  return OF_ITS_OWN.test(key) && code !== "KeyC" ? "" : code;
}

/** Alt alone: with Ctrl it is AltGr on a Turkish keyboard, which types. A key that is held down acts once. */
export function isAltAlone(event: Omit<Pressed, "code" | "key">): boolean {
  return event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.repeat;
}
