import { expect, test } from "vitest";

import { wavOf } from "./wav";

test("a recording is a WAV of 16-bit PCM, and what is too loud is cut", async () => {
  const blob = wavOf(new Float32Array([0, 0.5, -0.5, 1, -1, 1.5, -1.5]), 48_000);
  expect(blob.type).toBe("audio/wav");
  const view = new DataView(await blob.arrayBuffer());
  const text = (at: number, length: number): string =>
    String.fromCharCode(...Array.from({ length }, (_, n) => view.getUint8(at + n)));
  expect([text(0, 4), text(8, 8), text(36, 4)]).toEqual(["RIFF", "WAVEfmt ", "data"]);
  expect([view.getUint16(20, true), view.getUint16(22, true), view.getUint16(34, true)]).toEqual([1, 1, 16]);
  expect([view.getUint32(24, true), view.getUint32(28, true)]).toEqual([48_000, 96_000]);
  expect([view.getUint32(4, true), view.getUint32(40, true), view.byteLength]).toEqual([50, 14, 58]);
  const samples = Array.from({ length: 7 }, (_, n) => view.getInt16(44 + 2 * n, true));
  expect(samples).toEqual([0, 16384, -16384, 32767, -32768, 32767, -32768]);
});
