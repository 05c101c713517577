/** 登录电脑: names the browser and the place, and asks whether that is this person's. */
import { sentence } from '../../api/problem';
import * as api from '../../api/team';
import { clock } from '../../words';

Page({
  data: { scan: null as null | { device: string; address: string; when: string }, said: '', busy: false, done: false },
  code: '',

  onLoad(query: { code?: string }) {
    this.code = decodeURIComponent(query.code ?? '');
    this.load();
  },

  async load() {
    try {
      const scan = await api.look(this.code);
      this.setData({ scan: { device: scan.device, address: scan.address, when: clock(scan.created_at) }, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  async confirm() {
    if (this.data.busy) return;
    this.setData({ busy: true });
    try {
      await api.confirm(this.code);
      wx.vibrateShort({ type: 'medium' });
      this.setData({ done: true });
    } catch (error) {
      this.setData({ scan: null, said: sentence(error) });
    } finally {
      this.setData({ busy: false });
    }
  },
  back() { wx.navigateBack(); },
});
