/** 请假审批: what waits for my answer, and what of it is another's to approve; a refusal says why. */
import * as api from '../../api/leaves';
import { sentence } from '../../api/problem';
import { listing } from '../../listing';
import { ask, wanting } from '../../subscribe';
import { span } from '../../words';

const row = (l: api.Leave) => ({
  id: l.id, who: l.member.name, kind: l.word, reason: l.reason,
  span: span(l), approves: l.may.includes('approve'), refuses: l.may.includes('refuse'), note: l.why_not,
});

/** From `from` on what I may answer: much else may wait before the first of these. */
async function answerable(from: string): Promise<{ items: api.Leave[]; cursor: string | null }> {
  const page = await api.waiting(from);
  const items = page.items.filter((l) => l.may.length);
  return items.length || !page.next_cursor ? { items, cursor: page.next_cursor } : answerable(page.next_cursor);
}

Page({
  ...listing,
  data: { items: [] as ReturnType<typeof row>[], loaded: false, said: '', busy: '' },
  templates: [] as string[], // asked for in the tap that answers: whoever never checks in has no other

  cursor: null as string | null,

  async load(from = '') {
    try {
      const found = await answerable(from);
      this.cursor = found.cursor;
      const items = found.items.map(row);
      this.setData({ items: from ? this.data.items.concat(items) : items, loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  onLoad() { wanting().then((templates) => { this.templates = templates; }, () => undefined); },

  agree(e: WechatMiniprogram.TouchEvent) {
    ask(this.templates);
    this.templates = [];
    return this.decide(e.currentTarget.dataset.id as string, true, '');
  },

  async refuse(e: WechatMiniprogram.TouchEvent) {
    const answer = await wx.showModal({ title: '不同意的理由', editable: true, placeholderText: '队员会看到', confirmText: '不同意' });
    const reason = answer.content?.trim();
    if (!answer.confirm) return;
    if (!reason) return wx.showToast({ title: '不同意须写明理由', icon: 'none' });
    await this.decide(e.currentTarget.dataset.id as string, false, reason);
  },

  async decide(id: string, approved: boolean, reason: string) {
    if (this.data.busy) return;
    this.setData({ busy: id });
    try {
      await api.decide(id, approved, reason);
      wx.vibrateShort({ type: 'light' });
      wx.showToast({ title: approved ? '已同意' : '已答复', icon: 'success' });
      this.setData({ items: this.data.items.filter((one) => one.id !== id) });
      if (this.cursor && !this.data.items.length) await this.load(this.cursor);
    } catch (error) {
      wx.showModal({ title: '没有办成', content: sentence(error), showCancel: false });
    } finally {
      this.setData({ busy: '' });
    }
  },
});
