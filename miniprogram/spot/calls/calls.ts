/** 电话抽查: the stations that are to be called now; one tap dials, then what came of it. */
import { serverNow } from '../../api/clock';
import { Refused, sentence } from '../../api/problem';
import * as api from '../../api/spots';
import { listing } from '../../listing';
import { newId } from '../../queue/phone';
import { clock, moment, onDate } from '../../words';

const APART_MS = 10 * 60_000; // from when the first was written down; before it a second without an answer does not count (server/spotchecks/calls.py)

/** What is to be known before it is called again. */
function again(calls: api.SpotCheck['calls']): string {
  const first = calls.find((one) => one.outcome === 'no_answer');
  if (!first) return '';
  const from = new Date(Date.parse(first.logged_at) + APART_MS).toISOString();
  const today = onDate(from) === onDate(new Date(serverNow()).toISOString());
  return `${today ? clock(first.called_at) : moment(first.called_at)} 无人接听。隔 10 分钟再打一次，两次都无人接听才算${Date.parse(from) > serverNow() ? `；请在 ${clock(from)} 以后打` : ''}。`;
}

const row = (c: api.ToCall) => ({
  id: c.id, station: c.station, squad: c.squad, phone: c.phone, aimed: c.aimed, again: again(c.calls), since: moment(c.issues_at),
});

Page({
  ...listing,
  data: {
    items: [] as ReturnType<typeof row>[], loaded: false, said: '', outcomes: api.OUTCOMES,
    called: '', outcome: '' as api.Outcome | '', who: '', note: '', wrong: '', busy: false,
  },
  id: '', // of the attempt: it stays until it has arrived
  at: '',

  async load() {
    try {
      this.setData({ items: (await api.toCall()).map(row), loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  dial(e: WechatMiniprogram.TouchEvent) {
    const { id, phone } = e.currentTarget.dataset as { id: string; phone: string };
    this.begin(id);
    wx.makePhoneCall({ phoneNumber: phone, fail: () => undefined }); // thought better of it: nothing is written down unless somebody does
  },
  /** By another telephone. */
  byHand(e: WechatMiniprogram.TouchEvent) { this.begin(e.currentTarget.dataset.id as string); },
  /** What is being written about another call stays; dialling the same again is another moment. */
  begin(id: string) {
    this.at = new Date(serverNow()).toISOString();
    if (this.data.called === id) return;
    this.id = newId();
    this.setData({ called: id, outcome: '', who: '', note: '', wrong: '' });
  },

  choose(e: WechatMiniprogram.TouchEvent) { this.setData({ outcome: e.currentTarget.dataset.outcome as api.Outcome, wrong: '' }); },
  type(e: WechatMiniprogram.Input) { this.setData({ [e.currentTarget.dataset.field as string]: e.detail.value, wrong: '' }); },

  /** Somebody else has logged how it ended; or an earlier word about this attempt arrived, and this is another. */
  async failed(error: unknown) {
    const code = error instanceof Refused ? error.code : '';
    if (code === 'call_differs') this.id = newId();
    if (code !== 'spot_over') return this.setData({ wrong: `${sentence(error)}填的内容还在。` });
    wx.showModal({ title: '没有记下', content: sentence(error), showCancel: false });
    await this.load();
  },

  async send() {
    const { called, outcome, who, note, busy } = this.data;
    if (busy) return;
    if (!outcome) return this.setData({ wrong: '请先选结果。' });
    this.setData({ busy: true, wrong: '' });
    try {
      const done = await api.log(called, { id: this.id, outcome, called_at: this.at, who: who.trim(), note: note.trim() });
      this.setData({ called: '' });
      wx.showToast({ title: done.state === 'open' ? '已记下，等第二次' : '已记下', icon: 'none' });
      await this.load();
    } catch (error) {
      await this.failed(error);
    } finally {
      this.setData({ busy: false });
    }
  },
});
