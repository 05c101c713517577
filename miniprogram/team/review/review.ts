/** One review: the photo, four facts, what was found, the last 30 days; then 通过 or 驳回. */
import * as api from '../../api/checkins';
import { serverNow } from '../../api/clock';
import { sentence } from '../../api/problem';
import { showWhole } from '../../whole';
import { FINDING, holds, metres, moment, onDate, SHAPE, SIGN, worstFirst, type State } from '../../words';

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
  id: c.id, who: c.member.name, when: moment(c.captured_at), reason: c.reason, note: c.note, state: holds(c) as State, facts: facts(c),
  hasPhoto: !!c.photo,
  findings: c.findings.filter((f) => f.outcome !== 'clear').map((f) => ({ code: f.code, outcome: f.outcome, sign: SIGN[f.outcome], said: f.message })),
});

Page({
  data: { c: null as null | ReturnType<typeof view>, history: [] as { id: string; n: string; state: string; shape: string }[], said: '', photo: '', noPhoto: '', busy: false },
  id: '',

  onLoad(query: { id?: string }) {
    this.id = query.id ?? '';
    this.load();
  },

  async load() {
    try {
      const found = await api.checkin(this.id);
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

  look() { showWhole(this.id); },
  accept() { return this.decide('accepted', ''); },

  async reject() {
    const answer = await wx.showModal({ title: '驳回的理由', editable: true, placeholderText: '队员会看到', confirmText: '驳回' });
    if (!answer.confirm) return;
    const reason = answer.content?.trim();
    if (!reason) return wx.showToast({ title: '驳回须写明理由', icon: 'none' });
    await this.decide('rejected', reason);
  },

  async decide(decision: 'accepted' | 'rejected', reason: string) {
    if (this.data.busy) return;
    this.setData({ busy: true });
    try {
      await api.review(this.id, decision, reason);
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
    this.id = other.id;
    this.setData({ c: null, history: [], photo: '', noPhoto: '', busy: false });
    await this.load();
    wx.pageScrollTo({ scrollTop: 0, duration: 0 });
  },
});
