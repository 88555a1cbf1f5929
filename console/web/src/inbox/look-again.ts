// Looks again until somebody says that it is enough.

/** Look now, and again each `ms` after an answer, at most `most` times: no answer is overtaken by the next question, however long it
 * takes. Returns what ends it. */
export function lookAgain(look: () => Promise<void>, ms: number, most: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  async function once(left: number): Promise<void> {
    await look();
    if (!isOver && left > 1) timer = setTimeout(() => void once(left - 1), ms);
  }

  void once(most);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
