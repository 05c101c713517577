/** 我的信息: a copy of all of it, withdrawing consent, having it deleted. */
import * as api from '../../api/me';
import { sentence } from '../../api/problem';
import { moment } from '../../words';

Page({
  data: { deletion: null as null | { asked: string; done: string; left: number; text: string[] }, given: false, said: '', busy: '', reading: false },

  onShow() { this.load(); },
  async load() {
    try {
      const [d, c] = await Promise.all([api.deletion(), api.consent()]);
      this.setData({
        deletion: { asked: d.asked_at ? moment(d.asked_at) : '', done: d.done_at ? moment(d.done_at) : '', left: d.left, text: d.text },
        given: c.given, said: '',
      });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  /** As a file for a chat with oneself: a mini-program has no folder of downloads. */
  async copy() {
    if (this.data.busy) return;
    this.setData({ busy: 'copy' });
    try {
      const filePath = await api.copyOfMine();
      await wx.shareFileMessage({ filePath, fileName: '驻点通个人信息.zip' });
    } catch (error) {
      if (!/cancel/.test(String((error as { errMsg?: string }).errMsg))) wx.showModal({ title: '没有导出', content: sentence(error), showCancel: false });
    } finally {
      this.setData({ busy: '' });
    }
  },

  consent() { wx.navigateTo({ url: '/pages/consent/consent' }); },
  read() { this.setData({ reading: true }); },

  async erase() {
    const { confirm } = await wx.showModal({ title: '申请删除？', content: '删除后不能恢复。', confirmText: '删除' });
    if (confirm) await this.change(() => api.askDeletion(), '已申请删除');
  },
  async keep() { await this.change(() => api.keepMine(), '已撤回申请'); },

  async change(go: () => Promise<unknown>, said: string) {
    if (this.data.busy) return;
    this.setData({ busy: 'delete' });
    try {
      await go();
      wx.showToast({ title: said, icon: 'success' });
      this.setData({ reading: false });
      await this.load();
    } catch (error) {
      wx.showModal({ title: '没有办成', content: sentence(error), showCancel: false });
    } finally {
      this.setData({ busy: '' });
    }
  },
});
