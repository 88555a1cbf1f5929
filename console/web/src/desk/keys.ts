// The keys of the desk. They do their work wherever the focus is, and none of them types a letter.
import { codeOf, type Pressed } from "../components/pressed";

export type Action =
  | "answer"
  | "hangUp"
  | "hold"
  | "mute"
  | "recording"
  | "transfer"
  | "join"
  | "caller"
  | "keypad"
  | "microphone"
  | "ready"
  | "pause"
  | "offline"
  | "form"
  | "save"
  | "articles"
  | "answered"
  | "kind"
  | "disposition"
  | "silent"
  | "discard"
  | "drafts"
  | "outcome"
  | "help"
  | "unmask"
  | "theirs"
  | "find"
  | "about"
  | "follow"
  | "back"
  | "devices"
  | "reconnect"
  | "ownPhone"
  | "password"
  | "leave";

interface Key {
  code: string;
  alt?: boolean;
  ctrl?: boolean;
  /** As it stands on a key, and as `aria-keyshortcuts` has it. */
  shown: string;
}

export const KEYS: Record<Action, Key> = {
  answer: { code: "F2", shown: "F2" },
  hangUp: { code: "F4", shown: "F4" },
  hold: { code: "F8", shown: "F8" },
  mute: { code: "F9", shown: "F9" },
  recording: { code: "KeyP", alt: true, shown: "Alt+P" },
  transfer: { code: "KeyT", alt: true, shown: "Alt+T" },
  join: { code: "KeyJ", alt: true, shown: "Alt+J" },
  caller: { code: "KeyC", alt: true, shown: "Alt+C" },
  keypad: { code: "KeyK", alt: true, shown: "Alt+K" },
  microphone: { code: "KeyM", alt: true, shown: "Alt+M" },
  ready: { code: "Digit1", alt: true, shown: "Alt+1" },
  pause: { code: "Digit2", alt: true, shown: "Alt+2" },
  offline: { code: "Digit3", alt: true, shown: "Alt+3" },
  form: { code: "KeyR", alt: true, shown: "Alt+R" },
  save: { code: "Enter", ctrl: true, shown: "Ctrl+Enter" },
  articles: { code: "KeyB", alt: true, shown: "Alt+B" },
  answered: { code: "KeyY", alt: true, shown: "Alt+Y" },
  kind: { code: "KeyU", alt: true, shown: "Alt+U" },
  disposition: { code: "KeyS", alt: true, shown: "Alt+S" },
  silent: { code: "KeyI", alt: true, shown: "Alt+I" },
  discard: { code: "KeyX", alt: true, shown: "Alt+X" },
  drafts: { code: "KeyL", alt: true, shown: "Alt+L" },
  outcome: { code: "KeyO", alt: true, shown: "Alt+O" },
  help: { code: "KeyH", alt: true, shown: "Alt+H" },
  unmask: { code: "KeyG", alt: true, shown: "Alt+G" },
  theirs: { code: "KeyQ", alt: true, shown: "Alt+Q" },
  find: { code: "KeyA", alt: true, shown: "Alt+A" },
  about: { code: "KeyV", alt: true, shown: "Alt+V" },
  follow: { code: "KeyW", alt: true, shown: "Alt+W" },
  back: { code: "KeyZ", alt: true, shown: "Alt+Z" },
  devices: { code: "KeyD", alt: true, shown: "Alt+D" },
  reconnect: { code: "KeyE", alt: true, shown: "Alt+E" },
  ownPhone: { code: "KeyF", alt: true, shown: "Alt+F" },
  password: { code: "F6", shown: "F6" },
  leave: { code: "Digit0", alt: true, shown: "Alt+0" },
};

/** Keys that do nothing to an opened request. */
export const TAKEN: ReadonlySet<string> = new Set(Object.values(KEYS).map((key) => key.shown));

/** Keys that a call needs, also after the session is over: the talk goes on without it. */
export const OF_CALLS: readonly Action[] = ["answer", "hangUp", "hold", "mute", "join", "caller", "microphone"];

/** The action of a pressed key; null: none of ours. A key that is held down acts once. */
export function actionOf(event: Pressed): Action | null {
  if (event.repeat || event.metaKey || event.shiftKey) return null;
  const code = codeOf(event);
  for (const [action, key] of Object.entries(KEYS) as [Action, Key][]) {
    if (code === key.code && event.altKey === !!key.alt && event.ctrlKey === !!key.ctrl) return action;
  }
  return null;
}
