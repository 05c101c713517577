/** 我的: who I am here, and the way to everything that is not today's. */
import * as api from '../../api/me';
import { Refused, sentence } from '../../api/problem';
import { forget, session } from '../../api/session';
import { LEADING, WATCHING } from '../../words';
import { look } from './scan';

const ROLE: Record<string, string> = {
  member: '队员', squad_leader: '队长', unit_supervisor: '单位监督员', bureau_supervisor: '招商局监督员', county_leader: '县领导', admin: '管理员',
};

Page({
  data: {
    who: null as null | { name: string; unit: string; roles: string; station: string; phone: string },
    leads: false, calls: false, reviews: false, appeals: false, signsIn: false, said: '',
  },

  onShow() {
    const kept = session();
    if (kept) this.draw(kept.member, '', '');
    this.load();
  },

  async load() {
    try {
      const me = await api.me();
      this.draw(me.member, me.posting ? `${me.posting.squad} · ${me.posting.station}` : '今天没有派驻', me.phone ?? '');
      this.setData({ said: '' });
    } catch (error) {
      if (error instanceof Refused && error.code === 'binding_required') {
        forget();
        wx.reLaunch({ url: '/pages/welcome/welcome' });
      } else this.setData({ said: sentence(error) });
    }
  },

  draw(member: { name: string; county: string; unit: string; roles: string[] }, station: string, phone: string) {
    const has = (roles: string[]) => member.roles.some((role) => roles.includes(role));
    this.setData({
      who: { name: member.name, unit: `${member.county}${member.unit}`, roles: member.roles.map((r) => ROLE[r] ?? r).join('、'), station, phone },
      leads: has(LEADING), calls: has(WATCHING), reviews: has(['bureau_supervisor']),
      appeals: has(['bureau_supervisor', 'county_leader']), signsIn: has([...LEADING, 'admin']),
    });
  },

  go(e: WechatMiniprogram.TouchEvent) { wx.navigateTo({ url: e.currentTarget.dataset.url as string }); },
  scan() { look(); },
});
