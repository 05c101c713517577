/** One review: the photo, four facts, what was found, the last 30 days; then 通过 or 驳回. */
import * as api from '../../api/checkins';
import { serverNow } from '../../api/clock';
import { sentence } from '../../api/problem';
import { remark } from '../../remark';
import { showWhole } from '../../whole';
import { challengeWords, FINDING, holds, metres, moment, onDate, REJECTIONS, SHAPE, SIGN, WORD, worstFirst, type RejectionCode, type State } from '../../words';
import { decided } from '../decided';
import { onMap } from './place-map';

const MONTH_MS = 30 * 86_400_000;
const FACTS: [string, string[]][] = [
  ['距离', ['STATION_DISTANCE']], ['时间', ['TICKET', 'TIME_WINDOW', 'PHONE_CLOCK']],
  ['照片', ['PHOTO_NEAR', 'PHOTO_REUSE', 'PHOTO_USABLE']], ['位置来源', ['POSITION_TYPED', 'LOCATION_ACCURACY']],
];

/** Each fact is as good as the worst of its signals; of a blind sample nothing is shown. */
function facts(c: api.CheckIn) {
  return FACTS.map(([name, codes]) => {
    const found = worstFirst(c.findings).find((f) => codes.includes(f.code));
    const distance = c.findings.find((f) => f.code === 'STATION_DISTANCE')?.facts.distance_m;
    const value = name === '距离' && typeof distance === 'number' ? metres(distance) : found ? FINDING[found.outcome] : '–';
    return { name, value, outcome: found?.outcome ?? 'unknown', sign: SIGN[found?.outcome ?? 'unknown'] };
  });
}

const view = (c: api.CheckIn) => ({
  id: c.id, who: c.member.name, when: moment(c.captured_at), reason: c.reason, note: c.note, state: holds(c) as State, facts: facts(c), map: onMap(c.places), challenge: challengeWords(c.challenge),
  hasPhoto: !!c.photo,
  // Two who disagree, for a third to decide; what the reader is asked about silently comes without any.
  opinions: c.reviews.map((r) => ({ id: r.id, by: r.reviewer, state: r.decision, word: WORD[r.decision as State], said: r.reason })),
  comments: c.comments.map((one) => ({ id: one.id, by: one.author, said: one.text })),
  findings: c.findings.filter((f) => f.outcome !== 'clear').map((f) => ({ code: f.code, outcome: f.outcome, sign: SIGN[f.outcome], said: f.message })),
});

Page({
  data: { c: null as null | ReturnType<typeof view>, history: [] as { id: string; n: string; state: string; shape: string }[], said: '', photo: '', noPhoto: '', busy: false },
  id: '',
  beside: null as string | null,

  onLoad(query: { id?: string }) {
    this.id = query.id ?? '';
    this.load();
  },

  async load() {
    try {
      const found = await api.checkin(this.id);
      this.beside = found.reviews.filter((r) => !r.is_second).pop()?.id ?? null;
      this.setData({ c: view(found), said: '' });
      if (found.photo) this.picture(found.photo);
      const since = onDate(new Date(serverNow() - MONTH_MS).toISOString());
      const { items } = await api.ofMember(found.member.id, since);
      const strip = [...items].reverse().map((one) => ({ id: one.id, n: String(Number(one.on.slice(8))), state: holds(one), shape: SHAPE[holds(one)] }));
      this.setData({ history: strip });
    } catch (error) {
      if (!this.data.c) this.setData({ said: sentence(error) });
    }
  },

  async picture({ preview_url }: { preview_url: string }) {
    try {
      this.setData({ photo: await api.photo(preview_url) });
    } catch (error) {
      this.setData({ noPhoto: sentence(error) });
    }
  },

  look() { showWhole(async () => (await api.checkin(this.id)).photo?.url); },

  async comment() {
    const made = await remark(this.id);
    if (made) this.setData({ 'c.comments': [...(this.data.c?.comments ?? []), { id: made.id, by: made.author, said: made.text }] });
  },

  accept() { return this.decide({ decision: 'accepted' }); },

  /** A ground is chosen, which suggests the sentence that the member reads. */
  async reject() {
    const chosen = await wx.showActionSheet({ itemList: REJECTIONS.map((one) => one.word) }).catch(() => null);
    if (!chosen) return;
    const { code, sentence: content } = REJECTIONS[chosen.tapIndex];
    const answer = await wx.showModal({ title: '给队员的话', editable: true, content, placeholderText: '队员会看到', confirmText: '驳回' });
    if (!answer.confirm) return;
    const reason = answer.content?.trim();
    if (!reason) return wx.showToast({ title: '驳回须写明理由', icon: 'none' });
    await this.decide({ decision: 'rejected', reason, code });
  },

  async decide(ruling: { decision: 'accepted' | 'rejected'; reason?: string; code?: RejectionCode }) {
    if (this.data.busy) return;
    this.setData({ busy: true });
    try {
      const sent = Date.now();
      const { review } = await api.review(this.id, { reason: '', beside: this.beside, ...ruling });
      decided(this.id, review.id, `${this.data.c?.who ?? ''} ${WORD[ruling.decision]}`, sent);
      wx.vibrateShort({ type: 'medium' });
      await this.next();
    } catch (error) {
      this.setData({ busy: false });
      wx.showModal({ title: '没有办成', content: sentence(error), showCancel: false });
    }
  },

  /** On to the next that waits, or back to the list when there is none. */
  async next() {
    const { items } = await api.waiting().catch(() => ({ items: [] as api.CheckInRow[] }));
    const other = items.find((one) => one.id !== this.id);
    if (!other) return wx.navigateBack();
    await this.open(other.id);
  },

  undone(e: WechatMiniprogram.CustomEvent<{ checkin: string }>) { return this.open(e.detail.checkin); },

  async open(id: string) {
    this.id = id;
    this.setData({ c: null, history: [], photo: '', noPhoto: '', busy: false });
    await this.load();
    wx.pageScrollTo({ scrollTop: 0, duration: 0 });
  },
});
