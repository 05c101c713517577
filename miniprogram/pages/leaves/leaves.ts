/** 请假和补卡: what I asked for and what became of it. */
import * as api from '../../api/leaves';
import { sentence } from '../../api/problem';
import { session, signIn } from '../../api/session';
import { listing } from '../../listing';
import { LEAVE_STATE, span } from '../../words';

const row = (l: api.Leave) => ({
  id: l.id, kind: l.word, state: LEAVE_STATE[l.state].tone, stateWord: LEAVE_STATE[l.state].word,
  span: span(l),
  reason: l.reason, answer: l.answer ? `${l.decided_by ?? ''}：${l.answer}` : '', mayWithdraw: l.state === 'pending' || l.state === 'approved',
});

Page({
  ...listing,
  data: { items: [] as ReturnType<typeof row>[], loaded: false, said: '' },
  cursor: '' as string | null,

  async load(cursor = '') {
    try {
      const page = await api.mine((session() ?? (await signIn())).member.id, cursor);
      this.cursor = page.next_cursor;
      this.setData({ items: [...(cursor ? this.data.items : []), ...page.items.map(row)], loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  async withdraw(e: WechatMiniprogram.TouchEvent) {
    const answer = await wx.showModal({ title: '撤回这个申请？', editable: true, placeholderText: '写一句原因', confirmText: '撤回' });
    if (!answer.confirm) return;
    try {
      await api.withdraw(e.currentTarget.dataset.id as string, answer.content?.trim() || '本人撤回');
      wx.showToast({ title: '已撤回', icon: 'success' });
      await this.load();
    } catch (error) {
      wx.showModal({ title: '没有撤回', content: sentence(error), showCancel: false });
    }
  },

  ask() { wx.navigateTo({ url: '/pages/ask/ask' }); },
});
