// Short words about something that happened. They never take the focus, and go by themselves: what is wrong stays longer, and
// an action's failure stays until the action succeeds or somebody closes it.
export type ToastTone = "info" | "good" | "wrong";

export interface Toast {
  id: number;
  tone: ToastTone;
  text: string;
  /** How often it has been said since it was last read. */
  times: number;
  /** The action that has failed; empty: none. */
  about: string;
}

/** The key that closes all of them, on every page: it types nothing, and Escape leaves dialogs, lists and forms. */
export const CLOSE_KEY = "F10";
const SHOWN_MS = 6_000;
const WRONG_MS = 30_000;
const MOST = 4;

class Toasts {
  shown = $state<Toast[]>([]);
  /** The open dialogs, the topmost last: what lies behind one is neither seen nor read out, so it shows the toasts itself. */
  layers = $state.raw<readonly string[]>([]);
  #last = 0;

  /** Say something. The same words again are announced again, as one toast that says how often. `about`: the action that
   * has failed; `settle` takes the toast away when it succeeds. */
  say(text: string, tone: ToastTone = "info", about = ""): void {
    const before = this.shown.find((toast) => toast.text === text);
    this.#last += 1;
    const id = this.#last;
    const toast = { id, tone, text, times: (before?.times ?? 0) + 1, about };
    this.shown = [...this.shown.filter((one) => one !== before), toast].slice(-MOST);
    if (tone !== "wrong") setTimeout(() => this.dismiss(id), SHOWN_MS);
    else if (!about) setTimeout(() => this.dismiss(id), WRONG_MS);
  }

  /** An action has succeeded: what was said of its failure is true no longer. */
  settle(about: string): void {
    if (this.shown.some((toast) => toast.about === about)) {
      this.shown = this.shown.filter((toast) => toast.about !== about);
    }
  }

  dismiss(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }

  dismissAll(): void {
    this.shown = [];
  }

  /** A dialog has opened: it is where toasts are shown. Gives what takes it away. */
  cover(layer: string): () => void {
    this.layers = [...this.layers, layer];
    return () => {
      this.layers = this.layers.filter((one) => one !== layer);
    };
  }
}

export const toasts = new Toasts();
