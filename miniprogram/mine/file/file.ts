/** 我的档案: where I served and learned, and what happened in a month; as those who watch over me see it. */
import { serverNow } from '../../api/clock';
import * as api from '../../api/me';
import { sentence } from '../../api/problem';
import { day, days, FLAG, onDate, SHAPE } from '../../words';

/** A date of any year: 2026年9月1日. */
const long = (iso: string) => `${iso.slice(0, 4)}年${day(iso).split(' ')[0]}`;

/** What an entry shows beside its words: a state's shape, a flag's, or none. */
function mark(e: api.File['events'][number]): { state: string; word: string; flag: string } {
  if (e.kind === 'flag' && FLAG[e.state]) return { state: '', word: FLAG[e.state].word, flag: FLAG[e.state].mark };
  return { state: e.state in SHAPE ? e.state : '', word: '', flag: '' };
}

const event = (e: api.File['events'][number], at: number) => ({
  key: String(at), on: day(e.on), title: e.title, said: [e.text, e.by].filter(Boolean).join(' · '), checkin: e.checkin_id ?? '', ...mark(e),
});

const view = (f: api.File) => ({
  postings: f.postings.map((p) => ({
    key: p.starts_on + p.squad, where: `${p.squad} · ${p.station}（${p.city}）`, when: p.ends_on ? `${long(p.starts_on)} 至 ${long(p.ends_on)}` : `${long(p.starts_on)}起`,
  })),
  trainings: f.trainings.map((t) => ({
    key: t.starts_on, said: t.reason, when: (t.starts_on === t.ends_on ? day(t.starts_on) : `${day(t.starts_on)} 至 ${day(t.ends_on)}`) + (t.days < 1 ? ' · 半天' : ''),
  })),
  sum: f.month.sum_explanation, confirmed: days(f.month.confirmed), target: days(f.month.target), closed: f.closed,
  events: f.events.map(event),
});

Page({
  data: { month: '', newest: '', file: null as null | ReturnType<typeof view>, said: '' },

  onLoad() {
    const month = onDate(new Date(serverNow()).toISOString()).slice(0, 7);
    this.setData({ month, newest: month });
  },
  onShow() { this.load(); },
  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },
  pick(e: WechatMiniprogram.CustomEvent<{ month: string }>) {
    this.setData({ month: e.detail.month });
    this.load();
  },

  async load() {
    const { month } = this.data;
    try {
      const file = await api.file(month);
      if (this.data.month === month) this.setData({ file: view(file), said: '' }); // somebody may have leafed on
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  open(e: WechatMiniprogram.TouchEvent) {
    const { checkin } = e.currentTarget.dataset as { checkin: string };
    if (checkin) wx.navigateTo({ url: `/pages/evidence/evidence?id=${checkin}` });
  },
  go(e: WechatMiniprogram.TouchEvent) { wx.navigateTo({ url: e.currentTarget.dataset.url as string }); },
});
