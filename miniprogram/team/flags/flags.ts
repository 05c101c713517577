/** 预警: my own, and those of whom and what I answer for, with what was done about each. */
import { serverNow } from '../../api/clock';
import { sentence } from '../../api/problem';
import { session } from '../../api/session';
import * as api from '../../api/team';
import { listing } from '../../listing';
import { day, FLAG, moment, onDate } from '../../words';

const STEP: Record<string, string> = { remind: '已提醒', talk: '约谈', circular: '通报', replace: '调整' };

/** The first step that is not taken yet, of those the reader's roles may decide; how the member's other flags stand, the
 * server knows. */
function next(f: api.Flag, rungs: api.Rung[]) {
  const rung = rungs.find((one) => !f.steps.some((s) => s.step === one.step));
  if (!rung || f.member_id === session()?.member.id) return null;
  const from = Date.parse(f.raised_at) + rung.after_days * 86_400_000;
  return { step: rung.step, word: rung.word, from: from > serverNow() ? day(onDate(new Date(from).toISOString())) : '' };
}

const row = (f: api.Flag, rungs: api.Rung[]) => ({
  id: f.id, who: f.member_name ?? f.unit_name ?? '', ...FLAG[f.kind], said: f.message, next: next(f, rungs),
  steps: f.steps.map((s) => ({ key: s.step + s.at, said: `${STEP[s.step]} · ${s.decided_by?.name ?? '系统'} · ${moment(s.at)}` })),
});

Page({
  ...listing,
  data: { items: [] as ReturnType<typeof row>[], loaded: false, said: '' },
  cursor: '' as string | null,

  async load(cursor = '') {
    try {
      const page = await api.flags(cursor);
      this.cursor = page.next_cursor;
      this.setData({ items: [...(cursor ? this.data.items : []), ...page.items.map((f) => row(f, page.may_decide))], loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  decide(e: WechatMiniprogram.TouchEvent) {
    const one = this.data.items[e.currentTarget.dataset.at as number];
    const names = `who=${encodeURIComponent(one.who)}&word=${encodeURIComponent(one.next?.word ?? '')}`;
    wx.navigateTo({ url: `/team/step/step?flag=${one.id}&step=${one.next?.step}&${names}` });
  },
});
