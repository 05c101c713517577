/** 一同拜访: what a leader is asked, the lead on one page, the answer, and what came of it. */
import * as api from '../../api/escorts';
import { plans } from '../../api/leads';
import { sentence } from '../../api/problem';
import { listing } from '../../listing';
import { moment } from '../../words';

const REMIND_S = 2 * 3600; // two hours before

const brief = (b: api.Whole['brief']) => ({
  facts: [['阶段', b.lead.stage_word], ...plans({ ...b.lead, ...b }), ['首报', `${b.reported_by} · ${moment(b.reported_at)}`]]
    .filter(([, said]) => said).map(([name, said]) => ({ name, said })),
  fit: b.fit, updates: b.updates.map((u) => ({ id: u.id, text: u.text, by: `${u.member} · ${moment(u.happened_at)}` })),
});

const drawn = (e: api.Whole) => ({
  ...api.said(e), lead: e.lead, purpose: e.purpose, asked: `${e.asked_by.name}提请 · ${moment(e.asked_at)}`,
  slots: e.slots.map((slot) => slot.word), chosen: e.chosen,
  answer: [e.answered_by ? `${e.answered_by}答复：${e.state_word}` : '', e.answer, e.off_reason && `${e.off_by ?? '系统'}取消：${e.off_reason}`].filter(Boolean).join('。'),
  outcome: e.outcome ? `${e.outcome}（${e.outcome_by}）` : '', brief: brief(e.brief),
  agreed: e.state === 'accepted', mayAnswer: e.may_answer, mayCallOff: e.may_call_off, mayFinish: e.may_finish,
});

Page({
  ...listing,
  data: { one: null as null | ReturnType<typeof drawn>, said: '', slot: -1, word: '', outcome: '', wrong: '', busy: false },
  id: '',

  onLoad(query: { id?: string }) { this.id = query.id ?? ''; },
  async load() {
    try {
      this.setData({ one: drawn(await api.one(this.id)), said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  choose(e: WechatMiniprogram.TouchEvent) { this.setData({ slot: e.currentTarget.dataset.at as number, wrong: '' }); },
  type(e: WechatMiniprogram.Input) { this.setData({ [e.currentTarget.dataset.field as string]: e.detail.value, wrong: '' }); },

  accept() {
    const { slot, word } = this.data;
    if (slot < 0) return this.setData({ wrong: '请先选一个时间。' });
    return this.carry(() => api.answer(this.id, { decision: 'accepted', slot, word: word.trim() }), '已约定');
  },
  decline() {
    const word = this.data.word.trim();
    if (!word) return this.setData({ wrong: '请写一句原因，或建议改到什么时候。' });
    return this.carry(() => api.answer(this.id, { decision: 'declined', word }), '已答复');
  },
  finish() {
    const outcome = this.data.outcome.trim();
    if (!outcome) return this.setData({ wrong: '请写一句结果。' });
    return this.carry(() => api.finish(this.id, outcome), '已记下');
  },
  async callOff() {
    const answer = await wx.showModal({ title: '取消这次拜访？', editable: true, placeholderText: '写一句原因，对方会看到', confirmText: '取消拜访', cancelText: '不取消' });
    const reason = answer.content?.trim();
    if (!answer.confirm) return;
    if (!reason) return wx.showToast({ title: '请写一句原因', icon: 'none' });
    await this.carry(() => api.callOff(this.id, reason), '已取消');
  },

  /** What was written stays until it has arrived; what another did meanwhile is said, and seen. */
  async carry(go: () => Promise<unknown>, done: string) {
    if (this.data.busy) return;
    this.setData({ busy: true, wrong: '' });
    try {
      await go();
      this.setData({ slot: -1, word: '', outcome: '' });
      wx.showToast({ title: done, icon: 'success' });
    } catch (error) {
      this.setData({ wrong: sentence(error) });
    } finally {
      this.setData({ busy: false });
    }
    await this.load();
  },

  async toCalendar() {
    const one = this.data.one;
    if (!one?.chosen) return;
    const at = (iso: string) => Math.round(Date.parse(iso) / 1000);
    wx.addPhoneCalendar({
      title: `一同拜访：${one.company}`, startTime: at(one.chosen.starts_at), endTime: String(at(one.chosen.ends_at)),
      location: one.place, description: `${one.leader}与${one.squad}。${one.purpose}`, alarm: true, alarmOffset: REMIND_S,
      success: () => wx.showToast({ title: '已加到日历', icon: 'success' }),
      fail: ({ errMsg }) => {
        if (/auth|permission/.test(errMsg)) this.allowCalendar();
        else if (!/cancel/.test(errMsg)) wx.showToast({ title: '没有加到日历，请自己记下', icon: 'none' });
      },
    });
  },
  async allowCalendar() {
    const answer = await wx.showModal({ title: '没有允许写日历', content: '允许后再点一次。不允许也不影响这次拜访。', confirmText: '去允许' });
    if (answer.confirm) await wx.openSetting({});
  },
  toLead() { wx.navigateTo({ url: `/leads/lead/lead?id=${this.data.one?.lead}` }); },
});
