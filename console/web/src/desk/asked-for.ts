// For which service a colleague is asked about a caller: the line then gives the caller to that service with the colleague.

/** The headers by which the dialplan is told (extensions.conf, [private]). `code`: the service's transfer code, as a blind transfer
 * dials it; empty: the colleague is asked for themselves. */
export function askedFor(code: string): string[] {
  return code ? [`X-Service: ${code}`] : [];
}
