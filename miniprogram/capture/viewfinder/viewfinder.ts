/** The live front camera with its shutter; tells the page that it is open, of a photo, or that there is none to be had. */
import { asJpeg, spareOf } from '../photo';

Component({
  properties: { still: { type: String, value: '' }, low: { type: Boolean, value: false }, waits: { type: Boolean, value: false } },
  data: { busy: false },
  methods: {
    opened() { this.triggerEvent('opened'); },
    denied() { this.triggerEvent('denied'); },
    shoot() {
      if (this.data.busy || this.data.waits) return;
      this.setData({ busy: true });
      wx.createCameraContext().takePhoto({
        quality: 'high',
        selfieMirror: false, // what is written on a door plate must be readable
        success: (r) => {
          const at = Date.now();
          asJpeg(r.tempImagePath, () => spareOf(this))
            .then((path) => this.triggerEvent('photo', { path, at }))
            .finally(() => this.setData({ busy: false }));
        },
        fail: () => {
          this.setData({ busy: false });
          this.triggerEvent('failed');
        },
      });
    },
  },
});
