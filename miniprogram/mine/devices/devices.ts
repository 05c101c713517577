/** 登录的设备: where I am signed in, and ending it there. */
import * as api from '../../api/me';
import { sentence } from '../../api/problem';
import { moment } from '../../words';

const row = (d: api.Device) => ({ id: d.id, name: d.device ?? '没有记下型号', kind: d.kind === 'console' ? '电脑' : '手机', seen: moment(d.seen_at), self: d.this });

Page({
  data: { items: [] as ReturnType<typeof row>[], loaded: false, said: '' },
  onShow() { this.load(); },
  async load() {
    try {
      this.setData({ items: (await api.devices()).map(row), loaded: true, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },
  async end(e: WechatMiniprogram.TouchEvent) {
    const { confirm } = await wx.showModal({ title: '退出这台设备？', content: '电脑要重新登录才能再用。手机丢了，请告诉招商局解除绑定，那样才进不来。', confirmText: '退出' });
    if (!confirm) return;
    try {
      await api.endDevice(e.currentTarget.dataset.id as string);
      await this.load();
    } catch (error) {
      wx.showToast({ title: sentence(error), icon: 'none' });
    }
  },
});
