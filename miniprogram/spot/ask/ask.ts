/** 发起抽查: among whom, how many, by selfie or telephone; whom it draws nobody knows before its seed. And those there were. */
import { Refused, sentence } from '../../api/problem';
import { session } from '../../api/session';
import * as api from '../../api/spots';
import { squads, type Squad } from '../../api/team';
import { listing } from '../../listing';
import { newId } from '../../queue/phone';
import { COUNTY_WIDE, moment } from '../../words';

const KINDS: { kind: api.Kind; word: string }[] = [{ kind: 'selfie', word: '自拍抽查' }, { kind: 'call', word: '电话抽查' }];

const row = (d: api.Draw) => ({
  id: d.id, what: `${d.kind_word}${d.aimed ? ' · 指定' : ''}`, when: `${moment(d.asked_at)} · ${d.asked_by ?? '系统'} · ${d.among}`,
  word: d.state === 'announced' ? '等待抽签' : d.waiting ? '进行中' : '已结束', tone: d.state === 'drawn' && !d.waiting ? 'none' : 'review',
  said: d.state === 'drawn' ? `抽中 ${d.drawn}，已应答 ${d.answered}` : '',
});

interface Scope { name: string; unit?: string; squad?: string }

/** The county, for who watches over all of it; each unit; each squad. */
function scopes(found: Squad[]): Scope[] {
  const isWide = session()?.member.roles.some((role) => COUNTY_WIDE.includes(role));
  const units = new Map(found.map((one) => [one.unit_id, one.unit]));
  return [
    ...(isWide ? [{ name: '全县' }] : []), ...[...units].map(([unit, name]) => ({ name: `${name}（全部小分队）`, unit })),
    ...found.map(({ id, name }) => ({ name, squad: id })),
  ];
}

Page({
  ...listing,
  data: {
    kinds: KINDS, kind: 'selfie' as api.Kind, counts: [1, 3, 5, 10], count: 5, among: [{ name: '全部' }] as Scope[], at: 0,
    items: [] as ReturnType<typeof row>[], loaded: false, said: '', wrong: '', busy: false,
  },
  cursor: '' as string | null,
  id: '', // of the draw: it stays until it has arrived

  onLoad() { squads().then((found) => this.setData({ among: scopes(found) }), () => undefined); }, // else among all of them

  async load(cursor = '') {
    try {
      const page = await api.draws(cursor);
      this.cursor = page.next_cursor;
      this.setData({ items: [...(cursor ? this.data.items : []), ...page.items.map(row)], loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  choose(e: WechatMiniprogram.TouchEvent) { this.change({ kind: e.currentTarget.dataset.kind as api.Kind }); },
  number(e: WechatMiniprogram.TouchEvent) { this.change({ count: e.currentTarget.dataset.count as number }); },
  pick(e: WechatMiniprogram.PickerChange) { this.change({ at: Number(e.detail.value) }); },
  /** Another wish is another draw. */
  change(wish: Partial<{ kind: api.Kind; count: number; at: number }>) {
    this.id = '';
    this.setData({ ...wish, wrong: '' });
  },
  open(e: WechatMiniprogram.TouchEvent) { wx.navigateTo({ url: `/spot/draw/draw?id=${e.currentTarget.dataset.id as string}` }); },

  async send() {
    const { kind, count, among, at, busy } = this.data;
    if (busy) return;
    this.setData({ busy: true, wrong: '' });
    this.id = this.id || newId();
    try {
      const made = await api.draw({ id: this.id, kind, count, reason: '', unit: among[at].unit, squad: among[at].squad });
      this.id = '';
      wx.navigateTo({ url: `/spot/draw/draw?id=${made.id}` });
    } catch (error) {
      if (error instanceof Refused) this.id = '';
      this.setData({ wrong: sentence(error) });
    } finally {
      this.setData({ busy: false });
    }
  },
});
