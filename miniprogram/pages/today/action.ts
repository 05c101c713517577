/** PURE: what the one big button does now, and the forecast sentence. */
import type { Today } from '../../api/me';
import { clock, days } from '../../words';

export type Kind = 'go' | 'done' | 'early' | 'late' | 'nowhere';
export interface Action { kind: Kind; label: string; hint: string }

const KEPT = '已存好，联网后自动提交';

/** `now` and `queued`, when those that wait on the phone were taken, by the server's clock. `today` may be yesterday's,
 * read offline. */
export function action(
  today: Pick<Today, 'posting' | 'windows' | 'ends_at' | 'mode' | 'more' | 'more_from'>, now: number, queued: number[],
): Action {
  const ended = Date.parse(today.ends_at);
  const since = (from: number) => queued.some((at) => at >= from && at <= now);
  if (now >= ended) return since(ended) ? { kind: 'done', label: '已打卡', hint: KEPT } : { kind: 'go', label: '打卡', hint: '联网后更新今天的时段' };
  if (!today.posting) return { kind: 'nowhere', label: '未派驻', hint: '您今天没有派驻，不用打卡' };
  const open = today.windows.find((w) => now >= Date.parse(w.opens_at) && now < Date.parse(w.closes_at));
  const more = today.more - queued.length; // a whole day may ask for several in one window
  if (open && since(Date.parse(open.opens_at)) && more <= 0) return { kind: 'done', label: '已打卡', hint: KEPT };
  const next = today.windows.find((w) => now < Date.parse(w.opens_at));
  if (open && !open.done && !since(Date.parse(open.opens_at))) return { kind: 'go', label: '打卡', hint: `${open.end} 前` };
  if (open && more > 0) return again(today.more_from, more, now);
  if (open || today.windows.some((w) => w.done)) {
    return { kind: 'done', label: '已打卡', hint: next ? `${next.start} 还有一次` : '今天不用再打卡' };
  }
  if (next) return { kind: 'early', label: '窗口未到', hint: `${next.start} 开始` };
  if (today.mode !== 'daily') return { kind: 'nowhere', label: '不用打卡', hint: '本县不要求每天打卡' };
  return today.windows.length
    ? { kind: 'late', label: '时间已过', hint: '明天起可以申请补卡' }
    : { kind: 'go', label: '打卡', hint: '今天不限时段' };
}

/** The day asks for more, some time apart. */
function again(from: string | null, more: number, now: number): Action {
  if (from && now < Date.parse(from)) return { kind: 'early', label: '已打卡', hint: `${clock(from)} 以后再打 ${more} 次` };
  return { kind: 'go', label: '再打一次', hint: `今天还要打 ${more} 次` };
}

/** One sentence: what is missing, and whether it can still be mended. */
export function forecast(month: Today['month']): string {
  const sure = month.confirmed + month.excused;
  const missing = month.target - sure - month.pending;
  if (month.target <= 0) return month.target_explanation; // not asked by the day, on leave, posted nowhere
  if (sure >= month.target) return '本月已达标。';
  const waiting = month.pending > 0 ? `，另有 ${days(month.pending)} 天待核` : '';
  if (missing <= 0) return `待核的 ${days(month.pending)} 天通过后即可达标。`;
  if (missing > month.remaining_days) return `还差 ${days(missing)} 天，只剩 ${days(month.remaining_days)} 个可用日，请与队长说明情况。`;
  return `再驻点 ${days(missing)} 天即可达标，剩余 ${days(month.remaining_days)} 个可用日${waiting}。`;
}
