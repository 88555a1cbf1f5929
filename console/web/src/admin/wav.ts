// A recording as a WAV file: 16-bit PCM, one channel. Pure.

const HEADER = 44;

/** The file of samples from -1 to 1; what is beyond is cut, as any converter does. */
export function wavOf(samples: Float32Array, rate: number): Blob {
  const bytes = new ArrayBuffer(HEADER + 2 * samples.length);
  const view = new DataView(bytes);
  const text = (at: number, word: string): void => {
    for (let n = 0; n < word.length; n++) view.setUint8(at + n, word.charCodeAt(n));
  };
  text(0, "RIFF");
  view.setUint32(4, bytes.byteLength - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  for (const [n, sample] of samples.entries()) {
    view.setInt16(HEADER + 2 * n, Math.max(-32768, Math.min(32767, Math.round(32768 * sample))), true);
  }
  return new Blob([bytes], { type: "audio/wav" });
}
