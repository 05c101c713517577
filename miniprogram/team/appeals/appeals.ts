/** 申诉: the open ones that I may decide, with what the member says; the answer is theirs to read. */
import * as api from '../../api/checkins';
import { sentence } from '../../api/problem';
import { listing } from '../../listing';
import { day, moment } from '../../words';

const row = (a: api.OpenAppeal) => ({
  id: a.id, checkin: a.checkin.id, who: a.checkin.member.name, on: day(a.checkin.on), reason: a.checkin.reason, statement: a.statement, when: moment(a.created_at),
});

Page({
  ...listing,
  data: { items: [] as ReturnType<typeof row>[], loaded: false, said: '', busy: '' },

  async load() {
    try {
      const page = await api.appeals();
      this.setData({ items: page.items.map(row), loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  look(e: WechatMiniprogram.TouchEvent) { wx.navigateTo({ url: `/pages/evidence/evidence?id=${e.currentTarget.dataset.checkin}` }); },
  uphold(e: WechatMiniprogram.TouchEvent) { return this.answer(e.currentTarget.dataset.id as string, true); },
  deny(e: WechatMiniprogram.TouchEvent) { return this.answer(e.currentTarget.dataset.id as string, false); },

  async answer(id: string, upheld: boolean) {
    if (this.data.busy) return;
    const title = upheld ? '申诉成立，改为通过' : '维持驳回';
    const said = await wx.showModal({ title, editable: true, placeholderText: '写一句答复，队员会看到', confirmText: '答复' });
    const words = said.content?.trim();
    if (!said.confirm) return;
    if (!words) return wx.showToast({ title: '请写一句答复', icon: 'none' });
    this.setData({ busy: id });
    try {
      await api.decideAppeal(id, upheld, words);
      wx.vibrateShort({ type: 'light' });
      wx.showToast({ title: '已答复', icon: 'success' });
      this.setData({ items: this.data.items.filter((one) => one.id !== id) });
    } catch (error) {
      wx.showModal({ title: '没有办成', content: sentence(error), showCancel: false });
    } finally {
      this.setData({ busy: '' });
    }
  },
});
