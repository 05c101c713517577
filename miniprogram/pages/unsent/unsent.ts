/** What waits on the phone, each with its state and what its owner can do. */
import { photoPath } from '../../queue/phone';
import type { Item } from '../../queue/queue';
import { giveUp, STATE, unsent, wake } from '../../queue/unsent';
import { moment } from '../../words';

const about = (item: Item) => (item.kind === 'checkin'
  ? { what: item.spot ? '抽查应答' : '打卡', when: moment(item.form.captured_at), lead: '', text: '' }
  : {
    what: `跟进 · ${item.company}`, lead: item.lead, text: item.note.text,
    when: moment(item.note.happened_at) + (item.photos.length ? ` · ${item.photos.length} 张照片` : ''),
  });

const row = (item: Item) => ({
  id: item.id, ...STATE[item.state], ...about(item), said: item.said || '联网后自动提交。',
  photo: item.photos.length ? photoPath(item.photos[0]) : '', held: item.state === 'held', consent: item.code === 'consent_required',
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

  mend(e: WechatMiniprogram.TouchEvent) {
    const { lead, id } = e.currentTarget.dataset as { lead: string; id: string };
    wx.navigateTo({ url: `/leads/lead/lead?id=${lead}&mend=${id}` });
  },

  async drop(e: WechatMiniprogram.TouchEvent) {
    const item = unsent.mine().find((one) => one.id === e.currentTarget.dataset.id);
    if (item) await giveUp(item);
  },
});
