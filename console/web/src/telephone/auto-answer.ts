// Whether the line asks this telephone to answer by itself: an agent's setting, which the desk does not know in time.

/** `header` is the INVITE's Call-Info: `<sip:127.0.0.1>;answer-after=0`. A delay is none of ours, so it rings as ever. */
export function isAskedToAnswer(header: string | null | undefined): boolean {
  return /;\s*answer-after\s*=\s*0\s*(;|,|$)/i.test(header ?? "");
}
