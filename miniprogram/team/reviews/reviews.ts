/** 复核: the check-ins that wait for the reader, the longest waiting first. */
import * as api from '../../api/checkins';
import { sentence } from '../../api/problem';
import { listing } from '../../listing';
import { moment } from '../../words';

const row = (c: api.CheckInRow) => ({ id: c.id, who: c.member.name, when: moment(c.captured_at), reason: c.reason });

Page({
  ...listing,
  data: { items: [] as ReturnType<typeof row>[], loaded: false, said: '', more: false },
  cursor: '' as string | null,

  async load(cursor = '') {
    try {
      const page = await api.waiting(cursor);
      this.cursor = page.next_cursor;
      this.setData({ items: [...(cursor ? this.data.items : []), ...page.items.map(row)], loaded: true, said: '', more: !!page.next_cursor });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },
  open(e: WechatMiniprogram.TouchEvent) { wx.navigateTo({ url: `/team/review/review?id=${e.currentTarget.dataset.id}` }); },
});
