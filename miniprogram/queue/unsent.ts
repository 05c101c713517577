/** The phone's one queue of unsent check-ins, woken when the app shows, the network changes, or an item is due. */
import * as checkins from '../api/checkins';
import { clockOffset } from '../api/clock';
import { passes, Refused, sentence } from '../api/problem';
import { session } from '../api/session';
import { files, newId, photoPath, storage } from './phone';
import { Queue, type Item, type Outcome } from './queue';

export type Sent = checkins.Submitted;

/** The server cannot take these as they are; the owner has to do something first. */
async function upload(item: Item): Promise<Outcome<Sent>> {
  const device = { clock_offset_ms: clockOffset() ?? undefined, ...item.device };
  try {
    const reply = await checkins.submit(photoPath(item.photo), { id: item.id, ...item.form, device: JSON.stringify(device) });
    if (reply.id !== item.id) return { is: 'later', said: said(null), code: 'no_answer' }; // not the server that spoke
    return { is: 'taken', reply };
  } catch (error) {
    const code = error instanceof Refused ? error.code : 'no_answer';
    const later = passes(error) || !(error instanceof Refused) || error.status === 401;
    if (!later) return { is: 'refused', said: sentence(error), code };
    const alone = error instanceof Refused && error.status !== 401 && error.status !== 429;
    return { is: 'later', said: said(error), code, alone };
  }
}

function said(error: unknown): string {
  if (error instanceof Refused && error.status === 401) return '登录已过期，已存好，重新登录后自动提交。';
  if (error instanceof Refused) return '服务器忙，已存好，稍后自动提交。';
  return '没有网络，已存好，联网后自动提交。';
}

export const unsent = new Queue<Sent>({
  files, storage, upload, newId,
  now: () => Date.now(),
  member: () => session()?.member.id ?? null,
});

let timer: ReturnType<typeof setTimeout> | undefined;

/** Send what is due now, and come back when the next is. */
export async function wake(all = false): Promise<void> {
  if (timer) clearTimeout(timer);
  if (!unsent.mine().length) return;
  await unsent.drain(all);
  const due = unsent.dueAt();
  if (due !== null) timer = setTimeout(() => wake(), Math.max(due - Date.now(), 1000));
}

/** Those that were held for this reason may go: it is gone. */
export function release(code: string): void {
  unsent.mine().filter((item) => item.state === 'held' && item.code === code).forEach((item) => unsent.release(item.id));
  wake(true);
}

/** Called once, at launch. */
export function begin(): void {
  wx.onNetworkStatusChange((status) => { if (status.isConnected) wake(true); });
  unsent.sweep().catch(() => undefined);
}
