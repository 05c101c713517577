/** 一条线索: where it stands, a word about it with one hand, the next stage, and an end only with somebody else's word. */
import * as api from '../../api/leads';
import { sentence } from '../../api/problem';
import { locate, type Fix } from '../../capture/location';
import { newId } from '../../queue/phone';
import { day, moment } from '../../words';

const drawn = (l: api.Lead) => ({
  name: l.company.name, stage: l.stage, stageWord: l.stage_word, ended: l.outcome === 'dead_end' ? '已终止' : l.outcome === 'signed' ? '已签约' : '',
  who: [l.squad ?? '公共池', l.owner?.name].filter(Boolean).join(' · '), joined: l.joined.join('、'),
  late: l.owed.filter((o) => o.days_late > 0).map((o) => `${o.word}应在${day(o.due_on)}前，已过 ${o.days_late} 天。`),
  due: l.owed.length && !l.owed[0].days_late ? `${day(l.owed[0].due_on)}前${l.owed[0].word}` : '',
  facts: [
    ['来源', l.channel_word], ['意向', l.intent], ['意向投资', l.investment_wan === null ? '' : `${l.investment_wan} 万${l.currency === 'CNY' ? '元' : ` ${l.currency}`}`],
    ['下一步', l.next_action ? `${l.next_action}${l.next_on ? ` · ${day(l.next_on)}` : ''}` : ''], ['城市', l.company.home_city ?? ''],
  ].filter(([, said]) => said).map(([name, said]) => ({ name, said })),
  updates: l.updates.slice(0, 30).map((u) => ({ id: u.id, text: u.text, by: `${u.member} · ${moment(u.happened_at)}`, seen: u.corroborated, answers: u.answers })),
  mayEdit: l.may_edit, mayUpdate: l.may_update,
});

Page({
  data: {
    lead: null as null | ReturnType<typeof drawn>, stages: api.STAGES, ends: api.ENDS, said: '',
    text: '', answers: false, placed: false, wrong: '', busy: false,
    ending: false, code: '' as api.DeadEnd | '', tried: '', evidence: '',
  },
  id: '',
  note: newId(),
  wish: newId(),

  onLoad(query: { id?: string }) { this.id = query.id ?? ''; },
  onShow() { this.load(); },
  async onPullDownRefresh() {
    await this.load();
    wx.stopPullDownRefresh();
  },

  async load() {
    try {
      this.draw(await api.one(this.id));
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },
  draw(lead: api.Lead) { this.setData({ lead: drawn(lead), said: '' }); },

  type(e: WechatMiniprogram.Input) { this.setData({ [e.currentTarget.dataset.field as string]: e.detail.value, wrong: '' }); },
  turn(e: WechatMiniprogram.TouchEvent) {
    const field = e.currentTarget.dataset.field as 'answers' | 'placed' | 'ending';
    this.setData({ [field]: !this.data[field] });
  },

  /** The id stays until it has arrived. A place that cannot be had is left out: the word counts as much without it. */
  async send() {
    const text = this.data.text.trim();
    if (this.data.busy) return;
    if (!text) return this.setData({ wrong: '请先写一句。' });
    this.setData({ busy: true, wrong: '' });
    const place: Fix | null = this.data.placed ? await locate().catch(() => null) : null;
    try {
      await api.note(this.id, {
        id: this.note, text, answers: this.data.answers, happened_at: new Date().toISOString(), datum: 'wgs84',
        ...(place ? { lat: place.lat, lng: place.lng, accuracy_m: place.accuracy_m } : {}),
      });
      this.note = newId();
      this.setData({ text: '', answers: false });
      wx.showToast({ title: '已记下', icon: 'success' });
      await this.load();
    } catch (error) {
      this.setData({ wrong: `${sentence(error)}写的内容还在。` });
    } finally {
      this.setData({ busy: false });
    }
  },

  async move(e: WechatMiniprogram.TouchEvent) {
    const to = e.currentTarget.dataset.stage as api.Stage;
    const at = (stage: string) => api.STAGES.findIndex((s) => s.stage === stage);
    const before = this.data.lead?.stage ?? 'lead';
    if (to === before) return;
    const word = api.STAGES[at(to)].word;
    const back = at(to) < at(before);
    const answer = await wx.showModal(back
      ? { title: `退回到${word}？`, editable: true, placeholderText: '写一句原因', confirmText: '退回' }
      : { title: `改为${word}？`, content: to === 'signed' ? '签约后这条线索就结束了。' : '', confirmText: '确定' });
    if (!answer.confirm) return;
    try {
      this.draw(await api.move(this.id, to, back ? answer.content?.trim() ?? '' : ''));
    } catch (error) {
      wx.showModal({ title: '没有改', content: sentence(error), showCancel: false });
    }
  },

  choose(e: WechatMiniprogram.TouchEvent) { this.setData({ code: e.currentTarget.dataset.code as api.DeadEnd, wrong: '' }); },
  async end() {
    const { code, tried, evidence } = this.data;
    if (!code || !tried.trim() || !evidence.trim()) return this.setData({ wrong: '请选原因，写明试过什么、依据是什么。' });
    try {
      await api.close(this.id, { id: this.wish, code, tried: tried.trim(), evidence: evidence.trim() });
      this.wish = newId();
      this.setData({ ending: false });
      wx.showModal({ title: '已提交', content: '由队外的监督人员决定。在那之前，这条线索仍由本队跟进。', showCancel: false });
    } catch (error) {
      this.setData({ wrong: sentence(error) });
    }
  },

  async reopen() {
    try {
      this.draw(await api.reopen(this.id, ''));
    } catch (error) {
      wx.showModal({ title: '没有打开', content: sentence(error), showCancel: false });
    }
  },
});
