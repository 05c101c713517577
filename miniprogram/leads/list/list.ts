/** 线索: mine, the squad's, and the pool that anybody may take from. */
import { serverNow } from '../../api/clock';
import * as api from '../../api/leads';
import { NoAnswer, sentence } from '../../api/problem';
import { known, remember } from '../../known-leads';
import { listing } from '../../listing';
import { updatesOf } from '../../queue/unsent';
import { day, planned } from '../../words';

const TABS: { shown: api.Shown; word: string }[] = [{ shown: 'mine', word: '我的' }, { shown: 'squad', word: '本队' }, { shown: 'pooled', word: '公共池' }];

const row = (l: api.Row) => {
  const late = l.owed.find((o) => o.days_late > 0);
  return {
    id: l.id, company: l.company.id, name: l.company.name, stage: l.stage_word,
    steps: api.STAGES.map((s, n) => ({ key: s.stage, on: n <= api.STAGES.findIndex((one) => one.stage === l.stage) })),
    who: [l.squad, l.owner?.name].filter(Boolean).join(' · '),
    next: planned(l.next_action, l.next_on, serverNow()),
    asked: l.asked.length ? `${l.asked.join('、')}，等上级决定` : '',
    late: late ? `${late.word}逾期 ${late.days_late} 天` : '',
    unsent: updatesOf(l.id).length,
    due: !late && l.owed.length ? `${day(l.owed[0].due_on)}前${l.owed[0].word}` : '',
  };
};

Page({
  ...listing,
  data: { tabs: TABS, shown: 'mine' as api.Shown, items: [] as ReturnType<typeof row>[], loaded: false, said: '' },
  cursor: '' as string | null,

  async load(cursor = '') {
    const shown = this.data.shown;
    try {
      const page = await api.list(shown, cursor);
      if (shown !== this.data.shown) return; // another tab was tapped meanwhile
      this.cursor = page.next_cursor;
      if (!cursor) remember(shown, page.items);
      this.setData({ items: [...(cursor ? this.data.items : []), ...page.items.map(row)], loaded: true, said: '' });
    } catch (error) {
      const before = !cursor && error instanceof NoAnswer ? known(shown) : [];
      if (before.length) this.setData({ items: before.map(row), loaded: true, said: `${sentence(error)}显示的是上次的内容。` });
      else this.setData({ said: sentence(error) });
    }
  },

  tab(e: WechatMiniprogram.TouchEvent) {
    this.setData({ shown: e.currentTarget.dataset.shown as api.Shown, items: [], loaded: false, said: '' });
    this.load();
  },

  open(e: WechatMiniprogram.TouchEvent) { wx.navigateTo({ url: `/leads/lead/lead?id=${e.currentTarget.dataset.id as string}` }); },
  report() { wx.navigateTo({ url: '/leads/report/report' }); },

  async take(e: WechatMiniprogram.TouchEvent) {
    const answer = await wx.showModal({ title: '接手这条线索？', content: '之后由本队负责跟进。', confirmText: '接手' });
    if (!answer.confirm) return;
    try {
      const lead = await api.take(e.currentTarget.dataset.company as string);
      wx.navigateTo({ url: `/leads/lead/lead?id=${lead.id}` });
    } catch (error) {
      wx.showModal({ title: '没有接手', content: sentence(error), showCancel: false });
      this.load();
    }
  },
});
