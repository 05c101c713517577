/** Up to six pictures, taken now or chosen: shown small, looked at, taken away. The page has their paths. */
import { asJpeg, spareOf } from '../photo';

const MOST = 6;

Component({
  properties: { paths: { type: Array, value: [] as string[] } },
  data: { most: MOST, busy: false },
  methods: {
    async choose() {
      if (this.data.busy) return;
      this.setData({ busy: true });
      try {
        const chosen = await wx.chooseMedia({ count: MOST - this.data.paths.length, mediaType: ['image'], sizeType: ['compressed'], sourceType: ['camera', 'album'], camera: 'back' });
        const made = [];
        for (const file of chosen.tempFiles) made.push(await asJpeg(file.tempFilePath, () => spareOf(this)));
        this.triggerEvent('added', { paths: made });
      } catch (error) {
        const { errMsg = '' } = error as { errMsg?: string };
        if (!/cancel/.test(errMsg)) wx.showToast({ title: /privacy|auth|permission/.test(errMsg) ? '没有允许使用相机和相册' : '没有选到照片，再试一次', icon: 'none' });
      } finally {
        this.setData({ busy: false });
      }
    },
    look(e: WechatMiniprogram.TouchEvent) {
      wx.previewImage({ urls: this.data.paths as string[], current: e.currentTarget.dataset.path as string, showmenu: false });
    },
    remove(e: WechatMiniprogram.TouchEvent) { this.triggerEvent('removed', { path: e.currentTarget.dataset.path as string }); },
  },
});
