/** 消息设置: each kind of message, and where it comes. */
import * as api from '../../api/notices';
import * as me from '../../api/me';
import { sentence } from '../../api/problem';
import * as employee from '../../employee';
import { ask, together } from '../../subscribe';

const row = (s: api.Setting) => ({ kind: s.kind, title: s.title, purpose: s.purpose, inbox: s.inbox, fixed: s.inbox_fixed, wechat: s.wechat, email: s.email, hasWechat: s.wechat !== null, hasEmail: s.email !== null });

const left = (s: me.Subscription) => {
  if (s.credits === null) return '还不知道';
  if (s.lasting) return s.credits ? '一直能收' : '没有允许';
  return `还能收 ${s.credits} 条`;
};

Page({
  data: {
    items: [] as ReturnType<typeof row>[], loaded: false, said: '', allowed: [] as { id: string; title: string; left: string }[], lasting: false, told: '',
    staff: [] as { id: string; title: string }[], relation: '' as employee.Relation, staffTold: '',
  },
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

  /** How many messages each template still brings, and which come by way of 小程序助手. */
  async count() {
    const { items, employee: staff } = await me.subscriptions();
    this.templates = together([...items.filter((one) => one.low), ...items.filter((one) => !one.low)]);
    const lasting = items.some((one) => one.lasting && this.templates.includes(one.template_id));
    this.setData({ allowed: items.map((one) => ({ id: one.template_id, title: one.title, left: left(one) })), lasting });
    if (staff.length) this.setData({ staff: staff.map((one) => ({ id: one.template_id, title: one.title })), relation: await employee.relation() });
  },

  /** In the tap itself, as WeChat wants it. */
  async allow() {
    const accepted = await ask(this.templates);
    const good = this.data.lasting ? '已允许，以后一直能收。' : '已允许。每允许一次能收一条，可以多点几次。';
    this.setData({ told: accepted ? good : '没有允许。如果没有弹出询问，请点右上角“···”→ 设置 → 订阅消息，打开接收。' });
    await this.count().catch(() => undefined);
  },

  /** The same. */
  async join() {
    const bound = await employee.bind(this.data.staff.map((one) => one.id));
    this.setData({ staffTold: bound ? '已开通。消息会发到微信“小程序助手”。' : '没有开通。想开通时再点一次。', relation: await employee.relation() });
  },
  async choose() {
    const taken = await employee.choose(this.data.staff.map((one) => one.id));
    this.setData({ staffTold: taken ? `已增加 ${taken} 类消息。` : '没有增加。可能都已经在接收。' });
  },
  leave() {
    wx.showModal({
      title: '关闭小程序助手消息', content: '关闭后，消息不再发到“小程序助手”；收件箱里照样有。', confirmText: '关闭',
      success: ({ confirm }) => { if (confirm) this.end(); },
    });
  },
  async end() {
    try {
      await me.endEmployeeRelation();
      this.setData({ staffTold: '已关闭。', relation: await employee.relation() });
    } catch (error) {
      this.setData({ staffTold: sentence(error) });
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
