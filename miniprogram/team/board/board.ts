/** 今日情况: who of a squad is on site today; whoever sees it may vouch for the others, today or in the days before. */
import { Refused, sentence } from '../../api/problem';
import { session } from '../../api/session';
import * as api from '../../api/team';
import { listing } from '../../listing';
import { LEADING } from '../../words';

const ORDER = ['none', 'rejected', 'review', 'excused', 'accepted'];

Page({
  ...listing,
  data: { squads: [] as api.Squad[], at: 0, me: '', done: 0, mates: [] as api.Mate[], loaded: false, said: '' },

  async load() {
    try {
      const squads = this.data.squads.length ? this.data.squads : await api.squads();
      const me = session()?.member;
      if (!me?.roles.some((r) => LEADING.includes(r))) wx.setNavigationBarTitle({ title: '为同事证明在岗' });
      this.setData({ squads, me: me?.id ?? '' });
      if (squads.length) await this.board(this.data.at);
      else this.setData({ loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: error instanceof Refused && error.status === 404 ? '这个小分队不在您的范围内。' : sentence(error) });
    }
  },

  async board(at: number) {
    const { members } = await api.board(this.data.squads[at].id);
    const mates = [...members].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
    this.setData({ at, mates, done: members.filter((m) => m.state === 'accepted').length, loaded: true, said: '' });
  },

  async pick(e: WechatMiniprogram.PickerChange) {
    this.setData({ loaded: false, at: Number(e.detail.value) });
    await this.load();
  },

  look(e: WechatMiniprogram.TouchEvent) { wx.navigateTo({ url: `/pages/evidence/evidence?id=${e.currentTarget.dataset.id as string}` }); },

  attest(e: WechatMiniprogram.TouchEvent) {
    const mate = this.data.mates[e.currentTarget.dataset.at as number];
    wx.navigateTo({ url: `/team/attest/attest?member=${mate.member_id}&name=${encodeURIComponent(mate.name)}&on=${mate.on}` });
  },
});
