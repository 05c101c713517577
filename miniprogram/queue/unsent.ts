/** The phone's one queue of what is not sent yet, woken when the app shows, the network changes, or an item is due. */
import * as checkins from '../api/checkins';
import { clockOffset } from '../api/clock';
import * as leads from '../api/leads';
import { passes, Refused, sentence } from '../api/problem';
import { session } from '../api/session';
import { files, newId, photoId, photoPath, storage } from './phone';
import { Queue, type CheckIn, type Item, type Outcome, type State, type Update } from './queue';

/** What the server says of one that it took. */
export type Reply = checkins.Submitted | leads.Update;

function send(item: Item): Promise<Reply> {
  return item.kind === 'checkin' ? submit(item) : followUp(item);
}

function submit(item: CheckIn & Item): Promise<Reply> {
  const device = { clock_offset_ms: clockOffset() ?? undefined, ...item.device };
  return checkins.submit(photoPath(item.photos[0]), { id: item.id, ...item.form, device: JSON.stringify(device) });
}

/** The server names those pictures that it has not yet: they are sent, and it is told again. */
async function followUp(item: Update & Item): Promise<Reply> {
  const { place, ...note } = item.note;
  const photos = item.photos.map(photoId);
  const tell = () => leads.note(item.lead, { id: item.id, datum: 'wgs84', ...note, ...place, photos });
  try {
    return await tell();
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== 'photos_missing') throw error;
    const missing = error.facts.photos as string[];
    for (const name of item.photos) if (missing.includes(photoId(name))) await leads.picture(item.lead, photoPath(name), photoId(name));
    return tell();
  }
}

/** The server cannot take these as they are; the owner has to do something first. */
async function upload(item: Item): Promise<Outcome<Reply>> {
  try {
    const reply = await send(item);
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

export const unsent = new Queue<Reply>({
  files, storage, upload, newId,
  now: () => Date.now(),
  member: () => session()?.member.id ?? null,
});

/** How the state of an item is said, wherever it is shown. */
export const STATE: Record<State, { state: string; word: string }> = {
  waiting: { state: 'none', word: '待发送' },
  sending: { state: 'excused', word: '正在提交' },
  held: { state: 'review', word: '需要处理' },
};

/** 1 次打卡、2 条跟进. */
export function counted(items: Item[]): string {
  const checkins = items.filter((item) => item.kind === 'checkin').length;
  const updates = items.length - checkins;
  return [checkins ? `${checkins} 次打卡` : '', updates ? `${updates} 条跟进` : ''].filter(Boolean).join('、');
}

/** What is written about this lead and not sent yet, the oldest first. */
export const updatesOf = (lead: string): (Update & Item)[] =>
  unsent.mine().filter((item): item is Update & Item => item.kind === 'update' && item.lead === lead);

/** Ask, and give it up; whether its owner meant it. */
export async function giveUp(item: Item): Promise<boolean> {
  const what = item.kind === 'checkin'
    ? { title: '删除这次打卡？', content: '照片会从手机里删掉，不能恢复，这次打卡不算数。' }
    : { title: '删除这条跟进？', content: '写的内容会从手机里删掉，不能恢复。' };
  const { confirm } = await wx.showModal({ ...what, confirmText: '删除' });
  if (confirm) await unsent.drop(item.id);
  return confirm;
}

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
