// The live stream, with the token in a header (an EventSource could only put it into the address, and so into logs).
// The server sends a state at least every five seconds; a longer silence is a lost connection.

const SILENCE_MS = 12000;
const LONGEST_PAUSE_MS = 8000;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Calls on.state(state), on.lost() and on.refused(); ends only when refused.
export async function follow(token, on) {
  let pause = 500;
  for (;;) {
    const abort = new AbortController();
    let watchdog;
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => abort.abort(), SILENCE_MS);
    };
    try {
      alive();
      const answer = await fetch("/api/v1/live", {
        headers: { Authorization: `Bearer ${token}` }, signal: abort.signal, cache: "no-store",
      });
      if (answer.status === 401) return on.refused();
      if (!answer.ok) throw new Error(String(answer.status));
      for await (const data of events(answer.body)) {
        alive();
        pause = 500;
        on.state(JSON.parse(data));
      }
    } catch {
      // lost: said below, whatever it was
    } finally {
      clearTimeout(watchdog);
      abort.abort();
    }
    on.lost();
    await sleep(pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
      if (data.length) yield data.join("\n");
    }
  }
}
