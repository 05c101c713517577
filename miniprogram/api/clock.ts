/** The server's clock minus the phone's, measured at each reply: the phone's own may be wrong. */

let offset: number | null = null;

/** Take in the `Date` of a reply that was asked for at `sent` and came at `came` (phone's clock, ms). */
export function hear(date: string | undefined, sent: number, came: number): void {
  const theirs = date ? Date.parse(date) : NaN;
  if (Number.isNaN(theirs)) return;
  offset = Math.round(theirs + 500 - (sent + came) / 2); // a Date header cuts the half second off that is lost on average
}

/** Milliseconds, or null while no reply has come. */
export const clockOffset = (): number | null => offset;

/** Now by the server's clock, as well as it is known. */
export const serverNow = (): number => Date.now() + (offset ?? 0);
