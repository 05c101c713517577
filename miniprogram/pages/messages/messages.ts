/** 消息: the inbox; opening a message says why it came, what became of it, and how to turn such ones off. */
import * as api from '../../api/notices';
import { sentence } from '../../api/problem';
import { badge } from '../../badge';
import { listing } from '../../listing';
import { moment } from '../../words';

const row = (n: api.Notice) => ({
  id: n.id, title: n.title, text: n.text, when: moment(n.created_at), page: n.page, unread: !n.read_at,
  why: n.why, mute: n.mute, outside: n.outside,
});

Page({
  ...listing,
  data: { items: [] as ReturnType<typeof row>[], unread: 0, loaded: false, said: '', open: '', more: false },
  cursor: '' as string | null,
  newest: '',

  async load(cursor = '') {
    try {
      const page = await api.inbox(cursor);
      this.cursor = page.next_cursor;
      if (!cursor) this.newest = page.items[0]?.created_at ?? '';
      this.setData({ items: [...(cursor ? this.data.items : []), ...page.items.map(row)], unread: page.unread, loaded: true, said: '', more: !!page.next_cursor });
      badge(page.unread);
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  async open(e: WechatMiniprogram.TouchEvent) {
    const { id } = e.currentTarget.dataset as { id: string };
    const at = this.data.items.findIndex((one) => one.id === id);
    this.setData({ open: this.data.open === id ? '' : id });
    if (!this.data.items[at]?.unread) return;
    this.setData({ [`items[${at}].unread`]: false });
    api.markRead([id]).then(({ unread }) => this.read(unread), () => undefined); // it is offered again at the next look
  },

  async readAll() {
    try {
      const { unread } = await api.markAllRead(this.newest);
      this.setData({ items: this.data.items.map((one) => ({ ...one, unread: false })) });
      this.read(unread);
    } catch (error) {
      wx.showToast({ title: sentence(error), icon: 'none' });
    }
  },

  read(unread: number) {
    this.setData({ unread });
    badge(unread);
  },

  go(e: WechatMiniprogram.TouchEvent) {
    const url = '/' + (e.currentTarget.dataset.page as string);
    const tabs = ['/pages/today/today', '/pages/calendar/calendar'];
    if (tabs.includes(url)) wx.switchTab({ url });
    else wx.navigateTo({ url });
  },
  switches() { wx.navigateTo({ url: '/mine/switches/switches' }); },
});
