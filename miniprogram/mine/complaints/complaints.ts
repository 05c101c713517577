/** 投诉和建议: said in a few words, and the answers to earlier ones. */
import * as api from '../../api/complaints';
import { sentence } from '../../api/problem';
import { listing } from '../../listing';
import { newId } from '../../queue/phone';
import { day, moment } from '../../words';

const row = (c: api.Complaint) => ({
  id: c.id, word: c.word, text: c.text, at: moment(c.created_at),
  answer: c.answer ?? '', by: c.answered_by ?? '', due: c.answer ? '' : `会在${day(c.due_on)}前答复`,
});

Page({
  ...listing,
  data: { items: [] as ReturnType<typeof row>[], loaded: false, said: '', kind: 'complaint' as api.Complaint['kind'], text: '', wrong: '', busy: false },
  cursor: '' as string | null,
  id: newId(),

  async load(cursor = '') {
    try {
      const page = await api.mine(cursor);
      this.cursor = page.next_cursor;
      this.setData({ items: [...(cursor ? this.data.items : []), ...page.items.map(row)], loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  choose(e: WechatMiniprogram.TouchEvent) { this.setData({ kind: e.currentTarget.dataset.kind as api.Complaint['kind'] }); },
  write(e: WechatMiniprogram.Input) { this.setData({ text: e.detail.value, wrong: '' }); },

  /** The id stays until it has arrived: whatever was lost on the way, it is one complaint. */
  async send() {
    const text = this.data.text.trim();
    if (this.data.busy) return;
    if (!text) {
      this.setData({ wrong: '请先写几句。' });
      return;
    }
    this.setData({ busy: true, wrong: '' });
    try {
      await api.complain({ id: this.id, kind: this.data.kind, text });
      this.id = newId();
      this.setData({ text: '' });
      wx.showToast({ title: '已提交', icon: 'success' });
      await this.load();
    } catch (error) {
      this.setData({ wrong: `${sentence(error)}写的内容还在。` });
    } finally {
      this.setData({ busy: false });
    }
  },
});
