/** 拍摄凭证 kept ahead, so that a photo taken without signal has one: it says the earliest moment the photo can be of. */
import * as checkins from '../api/checkins';
import { serverNow } from '../api/clock';
import { session } from '../api/session';

interface Kept { ticket: string; issued_at: string; expires_at: string; member: string }

const KEY = 'tickets';
const AHEAD = 3;
const FRESH_MS = 10 * 60_000;
const SPARE_MS = 60_000; // one that ends within the minute is no help

const load = (): Kept[] => (wx.getStorageSync(KEY) as Kept[] | '') || [];

/** The caller's that are still good, the newest first. */
function good(): Kept[] {
  const who = session()?.member.id;
  return load()
    .filter((one) => one.member === who && Date.parse(one.expires_at) > serverNow() + SPARE_MS)
    .sort((a, b) => Date.parse(b.issued_at) - Date.parse(a.issued_at));
}

/** The newest, which bounds the photo's time best; '' when there is none. Asked for at the shutter. */
export function newest(): string {
  return good()[0]?.ticket ?? '';
}

/** This one stands in a check-in that is kept: no other may have it. */
export function spend(ticket: string): void {
  if (ticket) wx.setStorageSync(KEY, load().filter((one) => one.ticket !== ticket));
}

/** Before a capture: one that was issued just now, if the network gives it. Never throws: a check-in goes without. */
export async function refresh(): Promise<void> {
  const [latest] = good();
  if (!latest || serverNow() - Date.parse(latest.issued_at) > FRESH_MS) await fetchOne();
}

/** In a quiet moment: as many as are kept ahead. Never throws. */
export async function topUp(): Promise<void> {
  for (let have = good().length; have < AHEAD; have++) if (!(await fetchOne())) return;
}

async function fetchOne(): Promise<boolean> {
  try {
    const made = await checkins.ticket();
    const member = session()?.member.id ?? '';
    wx.setStorageSync(KEY, [{ ticket: made.ticket, issued_at: made.issued_at, expires_at: made.expires_at, member }, ...good()].slice(0, 2 * AHEAD));
    return true;
  } catch {
    return false;
  }
}
