/** 一条线索: where it stands, a word about it with one hand, the next stage, and an end only with somebody else's word. */
import * as api from '../../api/leads';
import * as escorts from '../../api/escorts';
import { photo } from '../../api/checkins';
import { serverNow } from '../../api/clock';
import { NoAnswer, sentence } from '../../api/problem';
import { session } from '../../api/session';
import { locate, type Fix } from '../../capture/location';
import { discard } from '../../capture/photo';
import { knownLead } from '../../known-leads';
import { files, newId, photoPath } from '../../queue/phone';
import { Full, type Item, type Update } from '../../queue/queue';
import { giveUp, STATE, unsent, updatesOf, wake } from '../../queue/unsent';
import { isPosted, toCheckin } from '../../to-checkin';
import { showWhole } from '../../whole';
import { day, moment, planned } from '../../words';

const WITH_PICTURES = 5; // of the newest updates, whose pictures are fetched unasked: each look is written down

const drawn = (l: api.Lead) => ({
  name: l.company.name, stage: l.stage, stageWord: l.stage_word, ended: l.outcome === 'dead_end' ? '已终止' : l.outcome === 'signed' ? '已签约' : '',
  who: [l.squad ?? '公共池', l.owner?.name].filter(Boolean).join(' · '), joined: l.joined.join('、'),
  late: l.owed.filter((o) => o.days_late > 0).map((o) => `${o.word}应在${day(o.due_on)}前，已过 ${o.days_late} 天。`),
  over: planned(l.next_action, l.next_on, serverNow()).over, asked: l.asked.length ? `${l.asked.join('、')}，等上级决定。` : '',
  due: l.owed.length && !l.owed[0].days_late ? `${day(l.owed[0].due_on)}前${l.owed[0].word}` : '',
  facts: [
    ['下一步', planned(l.next_action, l.next_on, serverNow()).said], ['来源', l.channel_word], ...api.plans(l), ['城市', l.company.home_city ?? ''],
  ].filter(([, said]) => said).map(([name, said]) => ({ name, said })),
  updates: l.updates.slice(0, 30).map((u) => ({ id: u.id, text: u.text, by: `${u.member} · ${moment(u.happened_at)}`, seen: u.corroborated, answers: u.answers,
    photos: u.photos.map((p) => ({ id: p.id, small: '' })), erased: u.photos_erased,
  })),
  fit: { score: l.fit, known_percent: l.fit_known_percent, parts: l.fit_parts },
  mayEdit: l.may_edit, mayUpdate: l.may_update,
});

/** As it was last listed: enough to write about it. Whether one may, the server says when it is sent. */
const fromList = (row: api.Row): api.Lead => ({
  ...row, intent: '', land_mu: null, energy_tce: null, environment: '', eia: null, eia_word: null, fit_parts: [], channel: 'other', channel_word: '', reported_by: '', reported_at: row.moved_at,
  claimed_at: null, joined: [], events: [], updates: [], may_edit: false, may_update: true, may_hand_over: false,
});

const pending = (item: Update & Item) => ({
  id: item.id, ...STATE[item.state], text: item.note.text, when: moment(item.note.happened_at), answers: item.note.answers,
  photos: item.photos.map(photoPath), said: item.said || '联网后自动提交。', held: item.state === 'held', consent: item.code === 'consent_required',
});

Page({
  data: {
    lead: null as null | ReturnType<typeof drawn>, stages: api.STAGES, ends: api.ENDS, said: '', old: '',
    escorts: [] as ReturnType<typeof escorts.said>[],
    unsent: [] as ReturnType<typeof pending>[], mayVisit: false,
    text: '', pictures: [] as string[], answers: false, placed: false, mending: '', wrong: '', busy: false,
    ending: false, code: '' as api.DeadEnd | '', tried: '', evidence: '',
  },
  id: '',
  wish: newId(),
  stop: null as null | (() => void),
  fetched: {} as Record<string, string>, // small pictures by their ids
  gone: false,
  toForm: false, // it was opened to mend what is written
  reading: 0, // which reading of the lead is drawn

  onLoad(query: { id?: string; mend?: string }) {
    this.id = query.id ?? '';
    this.stop = unsent.watch(() => this.drawQueue());
    this.toForm = !!query.mend;
    if (query.mend) this.takeUp(query.mend);
  },
  onShow() {
    this.setData({ mayVisit: isPosted() });
    this.drawQueue();
    this.load();
  },
  onUnload() {
    this.stop?.();
    this.gone = true;
    this.leave(this.data.pictures);
  },
  async onPullDownRefresh() {
    await Promise.all([this.load(), wake(true)]);
    wx.stopPullDownRefresh();
  },

  async load() {
    try {
      const lead = await api.one(this.id);
      if (this.gone) return;
      this.draw(lead);
      this.fetch(lead, ++this.reading);
      escorts.ofLead(this.id).then((all) => this.gone || this.setData({ escorts: all.map(escorts.said) }), () => undefined); // as they were
    } catch (error) {
      this.failed(error);
    }
  },
  draw(lead: api.Lead) {
    this.setData({ lead: drawn(lead), said: '', old: '' }, () => {
      if (this.toForm) this.showForm();
    });
  },
  showForm() {
    this.toForm = false;
    wx.pageScrollTo({ selector: '#writing' });
  },
  /** One after the other; a picture that does not come stays grey, and opens at a tap. */
  async fetch(lead: api.Lead, reading: number) {
    for (const [n, update] of lead.updates.slice(0, WITH_PICTURES).entries()) {
      for (const [m, { id, preview_url }] of update.photos.entries()) {
        const small = this.fetched[id] ||= await photo(preview_url).catch(() => '');
        if (this.gone || reading !== this.reading) return;
        if (small) this.setData({ [`lead.updates[${n}].photos[${m}].small`]: small });
      }
    }
  },
  look(e: WechatMiniprogram.TouchEvent) {
    const of = e.currentTarget.dataset.id as string;
    showWhole(async () => (await api.one(this.id)).updates.flatMap((u) => u.photos).find((p) => p.id === of)?.url);
  },
  lookKept(e: WechatMiniprogram.TouchEvent) { wx.previewImage({ urls: [e.currentTarget.dataset.path as string], showmenu: false }); },

  /** What has left the queue is in the lead's own list now. */
  drawQueue() {
    const before = this.data.unsent.length;
    this.setData({ unsent: updatesOf(this.id).map(pending) });
    if (this.data.unsent.length < before) this.load();
  },

  /** Without signal one can still write about what was listed before. */
  failed(error: unknown) {
    const row = error instanceof NoAnswer ? knownLead(this.id) : undefined;
    if (row && !this.data.lead) this.draw(fromList(row));
    if (this.data.lead) this.setData({ old: `${sentence(error)}显示的是上次的内容，跟进照常可以写。` });
    else this.setData({ said: sentence(error) });
  },

  type(e: WechatMiniprogram.Input) { this.setData({ [e.currentTarget.dataset.field as string]: e.detail.value, wrong: '' }); },
  turn(e: WechatMiniprogram.TouchEvent) {
    const field = e.currentTarget.dataset.field as 'answers' | 'placed' | 'ending';
    this.setData({ [field]: !this.data[field] });
  },

  added(e: WechatMiniprogram.CustomEvent<{ paths: string[] }>) { this.setData({ pictures: [...this.data.pictures, ...e.detail.paths], wrong: '' }); },
  removed(e: WechatMiniprogram.CustomEvent<{ path: string }>) {
    this.setData({ pictures: this.data.pictures.filter((path) => path !== e.detail.path) });
    this.leave([e.detail.path]);
  },
  /** Temporary files that nobody needs any more; those that the queue keeps are the queue's. */
  leave(paths: string[]) {
    const kept = updatesOf(this.id).flatMap((item) => item.photos.map(photoPath));
    paths.filter((path) => !kept.includes(path)).forEach(discard);
  },

  /** Kept on the phone before it is sent. A place that cannot be had is left out: the word counts as much without it. */
  async send() {
    const text = this.data.text.trim();
    if (this.data.busy) return;
    if (!text) return this.setData({ wrong: '请先写一句。' });
    if (!session()) return this.setData({ wrong: '还没有登录。请联网后回到今天页，再来写。' });
    this.setData({ busy: true, wrong: '' });
    const before = this.mended()?.note; // when and where it was, mending changes nothing about
    const happened_at = before?.happened_at ?? new Date().toISOString();
    const place: Fix | null = this.data.placed ? before?.place ?? await locate().catch(() => null) : null;
    try {
      const note = { text, answers: this.data.answers, happened_at, ...(place ? { place } : {}) };
      await unsent.add({ kind: 'update', lead: this.id, company: this.data.lead?.name ?? '', note }, this.data.pictures);
      this.leave(this.data.pictures);
      await this.replaced();
      this.setData({ text: '', pictures: [], answers: false });
      wx.showToast({ title: '已记下', icon: 'success' });
      wake(true);
    } catch (error) {
      this.setData({ wrong: error instanceof Full ? error.message : '没有存好，请再按一次“记下”。' });
    } finally {
      this.setData({ busy: false });
    }
  },

  /** What it was mended from goes once the new one is kept: with an id of its own, as its words are others. */
  async replaced() {
    if (this.data.mending) await unsent.drop(this.data.mending).catch(() => undefined);
    this.setData({ mending: '' });
  },

  mended() { return updatesOf(this.id).find((one) => one.id === this.data.mending); },
  /** Back into the form, with those of its pictures that are still there. */
  facts() { wx.navigateTo({ url: `/leads/facts/facts?id=${this.id}` }); },
  along() { wx.navigateTo({ url: `/leads/along/along?id=${this.id}` }); },
  openEscort(e: WechatMiniprogram.TouchEvent) { wx.navigateTo({ url: `/leads/escort/escort?id=${e.currentTarget.dataset.id as string}` }); },
  visit() { toCheckin({ visit: this.id }); },

  async takeUp(id: string) {
    this.data.mending = id;
    const item = this.mended();
    if (!item) return;
    const there = await Promise.all(item.photos.map(files.exists));
    const pictures = item.photos.filter((_, n) => there[n]).map(photoPath);
    this.setData({ mending: id, text: item.note.text, pictures, answers: item.note.answers, placed: !!item.note.place, wrong: '' });
  },
  mend(e: WechatMiniprogram.TouchEvent) {
    this.takeUp(e.currentTarget.dataset.id as string);
    this.showForm();
  },
  async drop(e: WechatMiniprogram.TouchEvent) {
    const item = updatesOf(this.id).find((one) => one.id === e.currentTarget.dataset.id);
    if (item && (await giveUp(item)) && this.data.mending === item.id) this.setData({ mending: '' });
  },
  consent() { wx.navigateTo({ url: '/pages/consent/consent' }); },

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
