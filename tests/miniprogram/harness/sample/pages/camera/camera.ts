Page({
  data: { photo: '', said: '', bar: wx.getWindowInfo().statusBarHeight + 44 },
  ready() { this.setData({ said: '相机好了' }); },
  refused() { this.setData({ said: '没有相机权限' }); },
  async take() {
    const camera = wx.createCameraContext();
    camera.takePhoto({ quality: 'high', success: ({ tempImagePath }) => this.draw(tempImagePath), fail: ({ errMsg }) => this.setData({ said: errMsg }) });
  },
  async draw(path: string) {
    const { width, height, type } = await wx.getImageInfo({ src: path });
    const canvas = await new Promise<WechatMiniprogram.Canvas>((done) =>
      this.createSelectorQuery().select('#paper').fields({ node: true, size: true }).exec(([one]) => done(one.node)));
    canvas.width = width / 2;
    canvas.height = height / 2;
    const image = canvas.createImage();
    await new Promise((done) => { image.onload = done; image.src = path; });
    canvas.getContext('2d').drawImage(image as never, 0, 0, width / 2, height / 2);
    const { tempFilePath } = await wx.canvasToTempFilePath({ canvas, fileType: 'jpg', quality: 0.8 });
    const small = await wx.getImageInfo({ src: tempFilePath });
    this.setData({ photo: tempFilePath, said: `${type} ${width}×${height} → ${small.type} ${small.width}×${small.height}` });
  },
  send() {
    wx.uploadFile({
      url: getApp().globalData.base + '/healthz', filePath: this.data.photo, name: 'photo', formData: { a: '1' },
      success: ({ statusCode }) => this.setData({ said: `答 ${statusCode}` }), fail: ({ errMsg }) => this.setData({ said: errMsg }),
    });
  },
});
