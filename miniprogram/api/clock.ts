/** The server's clock minus the phone's, measured at each reply: the phone's own may be wrong. */

let offset: number | null = null;

/** Take in the `Server-Time` (ms) of a reply that was asked for at `sent` and came at `came` by the phone's clock. */
export function hear(serverTime: string | undefined, sent: number, came: number): void {
  const theirs = Number(serverTime);
  if (serverTime && Number.isFinite(theirs)) offset = Math.round(theirs - (sent + came) / 2);
}

/** Milliseconds, or null while no reply has come. */
export const clockOffset = (): number | null => offset;

/** Now by the server's clock, as well as it is known. */
export const serverNow = (): number => Date.now() + (offset ?? 0);
