// How the sound of a talk gets through, from the browser's own counts. Pure.
export interface Quality {
  /** RTP packets so far. */
  received: number;
  sent: number;
  /** Share lost of what was sent to us since the last look, 0 to 1. */
  lost: number;
  /** Share lost of what we sent, as the other side says; null where it has not said. */
  lostByThem: number | null;
  jitterMs: number;
  roundTripMs: number | null;
}

export type Grade = "good" | "fair" | "poor";

/** Totals at one moment. */
export interface Counts {
  received: number;
  lost: number;
  sent: number;
  jitterMs: number;
  lostByThem: number | null;
  roundTripMs: number | null;
}

interface Report {
  type: string;
  kind?: string;
  packetsReceived?: number;
  packetsLost?: number;
  packetsSent?: number;
  jitter?: number;
  fractionLost?: number;
  roundTripTime?: number;
}

export function counts(reports: Iterable<Report>): Counts {
  const found: Counts = { received: 0, lost: 0, sent: 0, jitterMs: 0, lostByThem: null, roundTripMs: null };
  for (const report of reports) {
    if (report.kind !== "audio") continue;
    if (report.type === "inbound-rtp") {
      found.received += report.packetsReceived ?? 0;
      found.lost += Math.max(0, report.packetsLost ?? 0);
      found.jitterMs = (report.jitter ?? 0) * 1000;
    } else if (report.type === "outbound-rtp") {
      found.sent += report.packetsSent ?? 0;
    } else if (report.type === "remote-inbound-rtp") {
      found.lostByThem = report.fractionLost ?? null;
      found.roundTripMs = report.roundTripTime === undefined ? null : report.roundTripTime * 1000;
    }
  }
  return found;
}

/** The quality between two looks. */
export function between(before: Counts, after: Counts): Quality {
  const received = Math.max(0, after.received - before.received);
  const lost = Math.max(0, after.lost - before.lost);
  return {
    received: after.received,
    sent: after.sent,
    lost: received + lost === 0 ? 0 : lost / (received + lost),
    lostByThem: after.lostByThem,
    jitterMs: after.jitterMs,
    roundTripMs: after.roundTripMs,
  };
}

/** Above 2% a listener notices, above 8% words are missed. Nothing at all, for a whole look, is worse. */
export function grade(quality: Quality, arrived: boolean): Grade {
  const lost = Math.max(quality.lost, quality.lostByThem ?? 0);
  if (!arrived || lost > 0.08 || quality.jitterMs > 80) return "poor";
  return lost > 0.02 || quality.jitterMs > 30 || (quality.roundTripMs ?? 0) > 300 ? "fair" : "good";
}

/** The greater loss, and whose voice it is of. */
export function lossOf(quality: Quality): { share: number; of: "theirs" | "yours" } {
  const yours = quality.lostByThem ?? 0;
  return yours > quality.lost ? { share: yours, of: "yours" } : { share: quality.lost, of: "theirs" };
}
