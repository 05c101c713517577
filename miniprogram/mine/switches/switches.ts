/** 消息设置: each kind of message, and where it comes. */
import * as api from '../../api/notices';
import { sentence } from '../../api/problem';

const row = (s: api.Setting) => ({ kind: s.kind, title: s.title, purpose: s.purpose, inbox: s.inbox, fixed: s.inbox_fixed, wechat: s.wechat, email: s.email });

Page({
  data: { items: [] as ReturnType<typeof row>[], loaded: false, said: '' },

  onLoad() { this.load(); },
  async load() {
    try {
      this.setData({ items: (await api.settings()).map(row), loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  async turn(e: WechatMiniprogram.SwitchChange) {
    const { kind, place } = e.currentTarget.dataset as { kind: string; place: 'inbox' | 'wechat' | 'email' };
    try {
      this.setData({ items: (await api.set({ kind, [place]: e.detail.value })).map(row) });
    } catch (error) {
      wx.showToast({ title: sentence(error), icon: 'none' });
      this.load();
    }
  },
});
