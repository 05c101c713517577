/** 预警: my own, and those of whom and what I answer for, with what was done about each. */
import { sentence } from '../../api/problem';
import * as api from '../../api/team';
import { listing } from '../../listing';
import { FLAG, moment } from '../../words';

const STEP: Record<string, string> = { remind: '已提醒', talk: '约谈', circular: '通报', replace: '调整' };

const row = (f: api.Flag) => ({
  id: f.id, who: f.member_name ?? f.unit_name ?? '', ...FLAG[f.kind], said: f.message,
  steps: f.steps.map((s) => ({ key: s.step + s.at, said: `${STEP[s.step]} · ${s.decided_by?.name ?? '系统'} · ${moment(s.at)}` })),
});

Page({
  ...listing,
  data: { items: [] as ReturnType<typeof row>[], loaded: false, said: '' },
  cursor: '' as string | null,

  async load(cursor = '') {
    try {
      const page = await api.flags(cursor);
      this.cursor = page.next_cursor;
      this.setData({ items: [...(cursor ? this.data.items : []), ...page.items.map(row)], loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },
});
