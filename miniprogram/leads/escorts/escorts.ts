/** 县领导一同拜访: what is asked of me or of my squads' leaders, those that wait for an answer first. */
import * as api from '../../api/escorts';
import { sentence } from '../../api/problem';
import { listing } from '../../listing';

const TABS: { shown: api.Shown; word: string }[] = [{ shown: 'open', word: '待答复' }, { shown: 'accepted', word: '已约定' }, { shown: 'all', word: '全部' }];

Page({
  ...listing,
  data: { tabs: TABS, shown: 'open' as api.Shown, items: [] as ReturnType<typeof api.said>[], loaded: false, said: '' },
  cursor: '' as string | null,

  async load(cursor = '') {
    const shown = this.data.shown;
    try {
      const page = await api.list(shown, cursor);
      if (shown !== this.data.shown) return; // another tab was tapped meanwhile
      this.cursor = page.next_cursor;
      this.setData({ items: [...(cursor ? this.data.items : []), ...page.items.map(api.said)], loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  tab(e: WechatMiniprogram.TouchEvent) {
    this.setData({ shown: e.currentTarget.dataset.shown as api.Shown, items: [], loaded: false, said: '' });
    this.load();
  },
  open(e: WechatMiniprogram.TouchEvent) { wx.navigateTo({ url: `/leads/escort/escort?id=${e.currentTarget.dataset.id as string}` }); },
});
