// One page asks another of the same person and browser to dial: the shift lead's page has no telephone, their `/desk` has.
import { freshKey } from "../api/fresh-key";

const CHANNEL = "cozum.dial";
const ANSWER_MS = 1_000;

type Message = { wish: string; user: string; number: string } | { done: string };

/** Ask an open desk of this person to dial; whether one does. False after a second without an answer. */
export function askToDial(user: string, number: string): Promise<boolean> {
  const channel = new BroadcastChannel(CHANNEL);
  const wish = freshKey();
  return new Promise((done) => {
    const end = (dials: boolean) => {
      clearTimeout(timer);
      channel.close();
      done(dials);
    };
    const timer = setTimeout(end, ANSWER_MS, false);
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if ("done" in data && data.done === wish) end(true);
    };
    channel.postMessage({ wish, user, number } satisfies Message);
  });
}

/** Dial when another page of this person asks; `dial` says whether it does. Returns what ends it. */
export function dialWhenAsked(user: string, dial: (number: string) => boolean): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if ("wish" in data && data.user === user && dial(data.number))
      channel.postMessage({ done: data.wish } satisfies Message);
  };
  return () => channel.close();
}
