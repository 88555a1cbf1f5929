import { afterEach, describe, expect, it, vi } from "vitest";

import { Recorder } from "./recorder.svelte";

/** A browser that asks a person for the microphone, and what it opened. */
function browser() {
  const asked: { allow: () => void; refuse: () => void }[] = [];
  const opened: { stopped: boolean }[] = [];
  const getUserMedia = () =>
    new Promise((resolve, reject) => {
      asked.push({
        allow: () => {
          const track = { stopped: false, stop: () => (track.stopped = true) };
          opened.push(track);
          resolve({ getTracks: () => [track] });
        },
        refuse: () => reject(new DOMException("no", "NotAllowedError")),
      });
    });
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
  return { asked, opened };
}

afterEach(() => vi.unstubAllGlobals());

describe("the recorder of a voice", () => {
  it("gives back a microphone that is allowed when the dialog is closed", async () => {
    const { asked, opened } = browser();
    const recorder = new Recorder();
    const begun = recorder.start(() => undefined);
    expect(recorder.microphone).toBe("asking");
    recorder.end();
    expect(recorder.microphone).toBe("closed");
    asked[0]?.allow();
    await begun;
    expect([opened, recorder.microphone, recorder.level]).toMatchObject([[{ stopped: true }], "closed", null]);
  });

  it("says nothing of an answer that comes after the end", async () => {
    const { asked } = browser();
    const recorder = new Recorder();
    const first = recorder.start(() => undefined);
    recorder.end();
    const second = recorder.start(() => undefined);
    asked[0]?.refuse();
    await first;
    expect(recorder.microphone).toBe("asking");
    asked[1]?.refuse();
    await second;
    expect(recorder.microphone).toBe("refused");
  });
});
