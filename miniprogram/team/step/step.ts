/** 预警处置: the next step about a flag, decided by a person after the one concerned was heard. */
import { sentence } from '../../api/problem';
import { decide, type Rung } from '../../api/team';

Page({
  data: { who: '', word: '', heard: '', reason: '', said: '', busy: false },
  flag: '',
  step: 'talk' as Rung['step'],

  onLoad(query: { flag?: string; step?: Rung['step']; who?: string; word?: string }) {
    this.flag = query.flag ?? '';
    this.step = query.step ?? 'talk';
    this.setData({ who: decodeURIComponent(query.who ?? ''), word: decodeURIComponent(query.word ?? '') });
  },
  write(e: WechatMiniprogram.Input) { this.setData({ [e.currentTarget.dataset.field as string]: e.detail.value, said: '' }); },

  async send() {
    if (this.data.busy) return;
    const [heard, reason] = [this.data.heard.trim(), this.data.reason.trim()];
    if (!heard) return this.setData({ said: '请先听对方说明，再写下来。' });
    if (!reason) return this.setData({ said: '请写一句理由，被告知的人会看到。' });
    this.setData({ busy: true, said: '' });
    try {
      await decide(this.flag, { step: this.step, heard, reason });
      wx.vibrateShort({ type: 'medium' });
      wx.navigateBack();
    } catch (error) {
      this.setData({ busy: false, said: sentence(error) + '填写的内容还在。' });
    }
  },
});
