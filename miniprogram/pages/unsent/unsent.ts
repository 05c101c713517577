/** The check-ins that wait on the phone, each with its state and what its owner can do. */
import { photoPath } from '../../queue/phone';
import type { Item } from '../../queue/queue';
import { unsent, wake } from '../../queue/unsent';
import { moment } from '../../words';

const WORD: Record<Item['state'], { state: string; word: string }> = {
  waiting: { state: 'none', word: '等待提交' },
  sending: { state: 'excused', word: '正在提交' },
  held: { state: 'review', word: '需要处理' },
};

const row = (item: Item) => ({
  id: item.id, ...WORD[item.state], said: item.said || '联网后自动提交。', when: moment(item.form.captured_at),
  photo: photoPath(item.photo), held: item.state === 'held', consent: item.code === 'consent_required',
});

Page({
  data: { items: [] as ReturnType<typeof row>[] },
  stop: null as null | (() => void),

  onLoad() { this.stop = unsent.watch(() => this.draw()); },
  onShow() { this.draw(); },
  onUnload() { this.stop?.(); },

  draw() { this.setData({ items: unsent.mine().map(row) }); },

  async again() {
    unsent.mine().filter((item) => item.state === 'held').forEach((item) => unsent.release(item.id));
    await wake(true);
    const left = unsent.mine();
    if (!left.length) {
      wx.vibrateShort({ type: 'medium' });
      wx.showToast({ title: '全部提交了', icon: 'success' });
    } else wx.showToast({ title: left[0].said || '还没有提交成功', icon: 'none', duration: 3000 });
  },

  consent() { wx.navigateTo({ url: '/pages/consent/consent' }); },

  async drop(e: WechatMiniprogram.TouchEvent) {
    const { confirm } = await wx.showModal({ title: '删除这次打卡？', content: '照片会从手机里删掉，不能恢复，这次打卡不算数。', confirmText: '删除' });
    if (confirm) unsent.drop(e.currentTarget.dataset.id as string);
  },
});
