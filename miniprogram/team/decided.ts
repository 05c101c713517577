/** The reader's last decision of a review, for as long as the server lets it be taken back. */

const WITHIN_MS = 10_000; // from the server's receipt; counted here from before it was sent

export interface Decided { checkin: string; review: string; said: string; until: number }

let last: Decided | null = null;

/** Remember a decision that was sent at `sent` (ms of this phone's clock). */
export function decided(checkin: string, review: string, said: string, sent: number): void {
  last = { checkin, review, said, until: sent + WITHIN_MS };
}

export const standing = (): Decided | null => (last && last.until > Date.now() ? last : null);
export function over(): void { last = null; }
