/** 消息设置: each kind of message, and where it comes. */
import * as api from '../../api/notices';
import * as me from '../../api/me';
import { sentence } from '../../api/problem';
import { ask } from '../../subscribe';

const row = (s: api.Setting) => ({ kind: s.kind, title: s.title, purpose: s.purpose, inbox: s.inbox, fixed: s.inbox_fixed, wechat: s.wechat, email: s.email, hasWechat: s.wechat !== null, hasEmail: s.email !== null });

Page({
  data: { items: [] as ReturnType<typeof row>[], loaded: false, said: '', allowed: [] as { id: string; title: string; left: string }[], told: '' },
  templates: [] as string[],

  onLoad() { this.load(); },
  async load() {
    try {
      this.setData({ items: (await api.settings()).map(row), loaded: true, said: '' });
      await this.count();
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  /** How many messages each template still brings. */
  async count() {
    const all = await me.subscriptions();
    this.templates = [...all.filter((one) => one.low), ...all.filter((one) => !one.low)].map((one) => one.template_id);
    this.setData({ allowed: all.map((one) => ({ id: one.template_id, title: one.title, left: one.credits === null ? '还不知道' : `还能收 ${one.credits} 条` })) });
  },

  /** In the tap itself, as WeChat wants it. */
  async allow() {
    const accepted = await ask(this.templates.slice(0, 3));
    this.setData({ told: accepted ? '已允许。每允许一次能收一条，可以多点几次。' : '没有允许。如果没有弹出询问，请点右上角“···”→ 设置 → 订阅消息，打开接收。' });
    await this.count().catch(() => undefined);
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
