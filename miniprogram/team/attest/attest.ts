/** 证明在岗: one colleague vouches for another's presence, with name and reason. */
import { sentence } from '../../api/problem';
import { attest } from '../../api/team';
import { day, dayBefore } from '../../words';

const MOST_DAYS_BACK = 7; // as the server has it: a presence is vouched for while it is remembered

Page({
  data: { name: '', on: '', from: '', to: '', when: '', half: false, reason: '', said: '', busy: false, result: '' },
  member: '',

  onLoad(query: { member?: string; name?: string; on?: string }) {
    this.member = query.member ?? '';
    const today = query.on ?? '';
    this.setData({ name: decodeURIComponent(query.name ?? ''), from: dayBefore(today, MOST_DAYS_BACK), to: today });
    this.date(today);
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
    } catch (error) {
      this.setData({ said: sentence(error) });
    } finally {
      this.setData({ busy: false });
    }
  },
  back() { wx.navigateBack(); },
});
