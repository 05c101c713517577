/** One check-in: what holds, why, each finding in plain words, reviews, and the way to object. */
import * as api from '../../api/checkins';
import { sentence } from '../../api/problem';
import { session } from '../../api/session';
import { remark } from '../../remark';
import { watching } from '../../watching';
import { showWhole } from '../../whole';
import { challengeWords, FINDING, holds, metres, moment, SIGN, WORD, worstFirst, type State } from '../../words';

const APPEAL: Record<string, string> = { open: '等待答复', upheld: '申诉成立', denied: '维持原来的结论' };

function view(c: api.CheckIn) {
  const finding = (f: api.Finding) => ({ code: f.code, outcome: f.outcome, word: FINDING[f.outcome], sign: SIGN[f.outcome], said: f.message });
  const state = holds(c);
  return {
    id: c.id, state, reason: c.reason, comparing: c.comparing, who: c.member.name, when: moment(c.captured_at), came: moment(c.received_at), note: c.note, challenge: challengeWords(c.challenge),
    accuracy: c.accuracy_m === null ? '' : `±${metres(c.accuracy_m ?? 0)}`,
    hasPhoto: !!c.photo, erased: !!c.erased_at,
    findings: worstFirst(c.findings).map(finding),
    reviews: c.reviews.map((r) => ({ id: r.id, state: r.decision as State, word: WORD[r.decision as State], said: r.reason || '没有写理由', by: r.reviewer, when: moment(r.created_at) })),
    comments: c.comments.map((one) => ({ id: one.id, by: one.author, when: moment(one.created_at), said: one.text })),
    appeals: c.appeals.map((a) => ({ id: a.id, word: APPEAL[a.state], statement: a.statement, answer: a.answer ?? '', stuck: a.stuck })),
    isMine: c.member.id === session()?.member.id,
    mayAppeal: state === 'rejected' && c.member.id === session()?.member.id && !c.erased_at && !c.appeals.length,
  };
}

Page({
  ...watching,
  data: { c: null as null | ReturnType<typeof view>, said: '', photo: '', noPhoto: '', more: false, writing: false, statement: '', busy: false },
  id: '',

  onLoad(query: { id?: string }) { this.id = query.id ?? ''; },

  async load() {
    try {
      const found = await api.checkin(this.id);
      const c = view(found);
      this.setData({ c, said: '' });
      if (found.photo && !this.data.photo) this.picture(found.photo);
      if (c.comparing) this.lookSoon();
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  async picture({ preview_url }: { preview_url: string }) {
    try {
      this.setData({ photo: await api.photo(preview_url), noPhoto: '' });
    } catch (error) {
      this.setData({ noPhoto: sentence(error) });
    }
  },

  look() { showWhole(async () => (await api.checkin(this.id)).photo?.url); },
  details() { this.setData({ more: !this.data.more }); },
  async comment() {
    const made = await remark(this.id);
    if (!made) return;
    wx.showToast({ title: '已留言', icon: 'success' });
    await this.load();
  },
  object() { this.setData({ writing: true }); },
  write(e: WechatMiniprogram.Input) { this.setData({ statement: e.detail.value }); },

  async appeal() {
    if (this.data.busy) return;
    if (!this.data.statement.trim()) return wx.showToast({ title: '请写明当时的情况', icon: 'none' });
    this.setData({ busy: true });
    try {
      await api.appeal(this.id, this.data.statement.trim());
      wx.vibrateShort({ type: 'medium' });
      this.setData({ writing: false, statement: '' });
      wx.showToast({ title: '申诉已提交', icon: 'success' });
      await this.load();
    } catch (error) {
      wx.showModal({ title: '没有提交', content: sentence(error), showCancel: false });
    } finally {
      this.setData({ busy: false });
    }
  },
});
