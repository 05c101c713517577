/** 我的信息: a copy of all of it, withdrawing consent, having it deleted. */
import * as api from '../../api/me';
import { sentence } from '../../api/problem';
import { moment } from '../../words';

Page({
  data: { deletion: null as null | { asked: string; done: string; left: number; text: string[] }, given: false, said: '', busy: '', reading: false, file: '' },

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

  async copy() {
    if (this.data.busy) return;
    this.setData({ busy: 'copy' });
    try {
      this.setData({ file: await api.copyOfMine() });
    } catch (error) {
      wx.showModal({ title: '没有导出', content: sentence(error), showCancel: false });
    } finally {
      this.setData({ busy: '' });
    }
  },

  /** As a file for a chat with oneself: a mini-program has no folder of downloads. It needs a tap of its own. */
  share() {
    wx.shareFileMessage({
      filePath: this.data.file,
      fileName: '驻点通个人信息.zip',
      success: () => wx.showToast({ title: '已发送', icon: 'success' }),
      fail: (e) => {
        if (!/cancel/.test(e.errMsg)) wx.showModal({ title: '没有发送', content: '文件还在这一页，可以再点一次。', showCancel: false });
      },
    });
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
