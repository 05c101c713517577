/** First run: what is collected and why, then which member this WeChat is. */
import { sentence } from '../../api/problem';
import { bind, session, type Handle } from '../../api/session';

const LINES = [
  '微信身份：用来认出您是哪位队员，只认一次。',
  '手机号：只在您点“用手机号绑定”时，和单位登记的号码核对。',
  '照片和位置：只在您打卡时各取一次，证明当天在驻点，不记录行踪。',
  '谁能看：您的队长、本单位和招商局的监督人员，每次查看都有记录。',
  '不同意也能用：看日历、消息和请假照常，打卡改由队长或同事证明。',
];

Page({
  data: { lines: LINES, step: 'read' as 'read' | 'bind', code: '', busy: false, said: '' },

  next() { this.setData({ step: 'bind' }); },
  type(e: WechatMiniprogram.Input) { this.setData({ code: e.detail.value.trim(), said: '' }); },

  byCode() {
    if (this.data.code.length < 4) return this.setData({ said: '请填写单位给您的邀请码。' });
    return this.bind({ invite_code: this.data.code });
  },

  byPhone(e: WechatMiniprogram.CustomEvent<{ code?: string; errno?: number }>) {
    if (e.detail.code) return this.bind({ phone_code: e.detail.code });
    const said = e.detail.errno === 1400001 ? '手机号核对暂时不能用，请改用邀请码。' : '没有取得手机号，可以改用邀请码。';
    return this.setData({ said });
  },

  async bind(by: Handle) {
    if (this.data.busy) return;
    this.setData({ busy: true, said: '' });
    try {
      await bind(by);
      wx.vibrateShort({ type: 'light' });
      wx.reLaunch({ url: '/pages/consent/consent?next=today' });
    } catch (error) {
      this.setData({ busy: false, said: sentence(error) });
    }
  },

  onShow() {
    if (session()) wx.switchTab({ url: '/pages/today/today' });
  },
});
