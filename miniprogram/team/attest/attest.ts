/** 证明在岗: one colleague vouches for another's presence, with name and reason, and takes it back. */
import { sentence } from '../../api/problem';
import { attest, takeBack, vouched, type Vouched } from '../../api/team';
import { day, dayBefore } from '../../words';

const MOST_DAYS_BACK = 7; // as the server has it: a presence is vouched for while it is remembered

const row = (a: Vouched) => ({
  id: a.id, title: `${a.member.name} · ${day(a.on)} · ${a.value === 1 ? '整天' : '半天'}`, reason: a.reason,
  ended: a.withdrawn ? `${a.withdrawn.set_aside ? `${a.withdrawn.by}没有采信` : '已撤回'}：${a.withdrawn.reason}` : '',
});

Page({
  data: {
    mine: [] as ReturnType<typeof row>[],
     name: '', on: '', from: '', to: '', when: '', half: false, reason: '', said: '', busy: false, result: '',
  },
  member: '',

  onLoad(query: { member?: string; name?: string; on?: string }) {
    this.member = query.member ?? '';
    const today = query.on ?? '';
    this.setData({ name: decodeURIComponent(query.name ?? ''), from: dayBefore(today, MOST_DAYS_BACK), to: today });
    this.date(today);
    this.load();
  },
  /** What one vouched for stands below the form; without it the form is as good. */
  async load() {
    try {
      this.setData({ mine: (await vouched()).map(row) });
    } catch {
      this.setData({ mine: [] });
    }
  },
  async takeBack(e: WechatMiniprogram.TouchEvent) {
    const answer = await wx.showModal({ title: '撤回这条证明？', editable: true, placeholderText: '写一句原因，同事会看到', confirmText: '撤回' });
    if (!answer.confirm) return;
    try {
      await takeBack(e.currentTarget.dataset.id as string, answer.content?.trim() || '写错了');
      wx.showToast({ title: '已撤回', icon: 'success' });
      this.setData({ result: '' });
      await this.load();
    } catch (error) {
      wx.showModal({ title: '没有撤回', content: sentence(error), showCancel: false });
    }
  },
  pick(e: WechatMiniprogram.PickerChange) { this.date(String(e.detail.value)); },
  date(on: string) { this.setData({ on, when: day(on), said: '' }); },
  whole() { this.setData({ half: false }); },
  halve() { this.setData({ half: true }); },
  write(e: WechatMiniprogram.Input) { this.setData({ reason: e.detail.value, said: '' }); },

  async send() {
    if (this.data.busy) return;
    if (!this.data.reason.trim()) return this.setData({ said: '请写明您是怎么知道的。' });
    this.setData({ busy: true });
    try {
      const made = await attest(this.member, this.data.on, this.data.half ? 0.5 : 1, this.data.reason.trim());
      wx.vibrateShort({ type: 'medium' });
      this.setData({ result: made.day.explanation });
      await this.load();
    } catch (error) {
      this.setData({ said: sentence(error) });
    } finally {
      this.setData({ busy: false });
    }
  },
  back() { wx.navigateBack(); },
});
