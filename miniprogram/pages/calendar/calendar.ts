/** 日历: the month by days; a day opens as what it was counted from. */
import * as api from '../../api/me';
import { serverNow } from '../../api/clock';
import { sentence } from '../../api/problem';
import { TODAY } from '../../api/session';
import { day, onDate } from '../../words';
import { ago, grid, type Cell } from './grid';
import { entries, type Entry } from './timeline';

const today = () => onDate(new Date(serverNow()).toISOString());

Page({
  data: {
    month: '', newest: '', cells: [] as Cell[], weeks: ['一', '二', '三', '四', '五', '六', '日'],
    sum: '', target: '', closed: false, said: '', loaded: false,
    open: null as null | { date: string; title: string; explanation: string; entries: Entry[]; mayMakeUp: boolean; tooLate: string },
  },
  found: null as api.Month | null,
  shownAs: '', // the month that was this one when it was last shown: at midnight another begins

  onShow() {
    const now = today().slice(0, 7);
    const month = !this.data.month || this.data.month === this.shownAs ? now : this.data.month;
    this.shownAs = now;
    this.show(month);
  },
  async onPullDownRefresh() {
    await this.show(this.data.month);
    wx.stopPullDownRefresh();
  },

  pick(e: WechatMiniprogram.CustomEvent<{ month: string }>) { this.show(e.detail.month); },

  async show(month: string) {
    const same = month === this.data.month;
    this.setData({ month, newest: this.shownAs, ...(same ? {} : { open: null, loaded: false, cells: grid(month, [], today()) }) });
    try {
      const found = await api.month(month);
      if (this.data.month !== month) return; // somebody leafed on meanwhile
      this.found = found;
      this.setData({
        cells: grid(month, found.days, today()), sum: found.sum_explanation, closed: found.closed, said: '', loaded: true,
        target: found.target_explanation,
      });
      if (this.data.open) this.openDay(this.data.open.date);
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  again() { this.show(this.data.month); },

  tap(e: WechatMiniprogram.TouchEvent) {
    const { date } = e.currentTarget.dataset as { date: string };
    if (date) this.openDay(date);
  },

  openDay(date: string) {
    const found = this.found?.days.find((d) => d.on === date);
    const past = date <= today();
    const missing = past && !this.data.closed && !(found && (found.value >= 1 || found.pending > 0));
    const kept = wx.getStorageSync(TODAY) as api.Today | '';
    const within = kept ? kept.make_up_within_days : Infinity; // not known: the server says it then
    const late = ago(date, today()) > within;
    this.setData({
      open: {
        date, title: day(date), entries: entries(found?.sources ?? []),
        explanation: found?.explanation ?? (past ? '这一天没有打卡，也没有请假。' : '还没有到这一天。'),
        mayMakeUp: missing && !late && date < today(), // today is not over yet
        tooLate: missing && late ? `补卡要在 ${within} 天内提出，这一天已经过了。` : '',
      },
    });
  },

  evidence(e: WechatMiniprogram.TouchEvent) {
    const { id } = e.currentTarget.dataset as { id: string };
    if (id) wx.navigateTo({ url: `/pages/evidence/evidence?id=${id}` });
  },
  makeUp() { wx.navigateTo({ url: `/pages/ask/ask?kind=make_up&on=${this.data.open?.date}` }); },
  leave() { wx.navigateTo({ url: `/pages/ask/ask?on=${this.data.open?.date ?? ''}` }); },
});
