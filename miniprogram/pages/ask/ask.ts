/** 申请: which kind, which days, why; three answers and one tap. */
import { serverNow } from '../../api/clock';
import { ask } from '../../api/leaves';
import { sentence } from '../../api/problem';
import { LEAVES, onDate, type LeaveKind } from '../../words';

const LIST = 'pages/leaves/leaves';

Page({
  data: { kinds: LEAVES, kind: 'personal' as LeaveKind, from: '', to: '', half: false, reason: '', said: '', busy: false },

  onLoad(query: { kind?: LeaveKind; on?: string }) {
    const on = query.on || onDate(new Date(serverNow()).toISOString());
    this.setData({ kind: query.kind ?? 'personal', from: on, to: on });
    if (query.kind === 'make_up') wx.setNavigationBarTitle({ title: '申请补卡' });
  },

  choose(e: WechatMiniprogram.TouchEvent) { this.setData({ kind: e.currentTarget.dataset.kind as LeaveKind }); },
  start(e: WechatMiniprogram.PickerChange) {
    const from = String(e.detail.value);
    this.setData({ from, to: this.data.half || this.data.to < from ? from : this.data.to });
  },
  end(e: WechatMiniprogram.PickerChange) { this.setData({ to: String(e.detail.value) }); },
  whole() { this.setData({ half: false }); },
  halve() { this.setData({ half: true, to: this.data.from }); },
  write(e: WechatMiniprogram.Input) { this.setData({ reason: e.detail.value, said: '' }); },

  async send() {
    if (this.data.busy) return;
    if (!this.data.reason.trim()) return this.setData({ said: '请写一句原因，审批的人会看。' });
    this.setData({ busy: true, said: '' });
    try {
      const { kind, from, to, half, reason } = this.data;
      await ask({ kind, starts_on: from, ends_on: to, value: half ? 0.5 : 1, reason: reason.trim() });
      wx.vibrateShort({ type: 'medium' });
      this.toList();
    } catch (error) {
      this.setData({ busy: false, said: sentence(error) + '填写的内容还在。' });
    }
  },

  /** To the list that is there, if it is: WeChat keeps ten pages at most, and a second list would be one more. */
  toList() {
    if (getCurrentPages().slice(-2)[0]?.route === LIST) wx.navigateBack();
    else wx.redirectTo({ url: `/${LIST}` });
  },
});
