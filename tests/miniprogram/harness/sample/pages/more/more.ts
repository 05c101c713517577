const files = wx.getFileSystemManager();
const folder = `${wx.env.USER_DATA_PATH}/queue`;
let agreed: ((answer: { event: 'agree'; buttonId: string }) => void) | null = null;
Page({
  data: {
    shown: 0, files: 0, word: '', said: '', place: '', code: '', number: '', scanned: '', now: '', asking: false,
    markers: [{ id: 1, latitude: 31.2304, longitude: 121.4737, width: 20, height: 30 }],
    circles: [{ latitude: 31.2304, longitude: 121.4737, radius: 300, fillColor: '#0052d922', color: '#0052d9' }],
  },
  onLoad() {
    wx.onNeedPrivacyAuthorization((resolve) => { agreed = resolve as typeof agreed; this.setData({ asking: true }); });
  },
  onShow() {
    this.setData({ shown: this.data.shown + 1, now: new Date().toISOString(), word: wx.getStorageSync('word') });
    this.count();
  },
  count() {
    try { files.accessSync(folder); } catch { files.mkdirSync(folder, true); }
    this.setData({ files: files.readdirSync(folder).length });
  },
  keep() {
    files.writeFileSync(`${folder}/${this.data.files}.txt`, '字', 'utf8');
    wx.setStorageSync('word', files.readFileSync(`${folder}/0.txt`, 'utf8'));
    this.count();
  },
  fill() {
    files.writeFile({
      filePath: `${folder}/full`, data: 'x'.repeat(5000), encoding: 'utf8',
      success: () => this.setData({ said: '写下了' }),
      fail: ({ errMsg }) => this.setData({ said: errMsg.includes('maximum size') ? '满了' : errMsg }),
    });
  },
  async locate() {
    try {
      const [a, b] = [await wx.getLocation({ type: 'wgs84' }), await wx.getLocation({ type: 'gcj02' })];
      const far = Math.hypot(a.latitude - b.latitude, a.longitude - b.longitude) > 0.001;
      this.setData({ place: `${a.latitude.toFixed(4)} ${a.longitude.toFixed(4)} ±${a.accuracy} ${far ? '两种坐标' : '一种坐标'}` });
    } catch (error) {
      this.setData({ place: String((error as { errMsg: string }).errMsg) });
    }
  },
  async login() { this.setData({ code: (await wx.login()).code ? '有 code' : '' }); },
  phone(event: WechatMiniprogram.CustomEvent) { this.setData({ number: event.detail.code ? '有号码' : event.detail.errMsg }); },
  scan() { wx.scanCode({ success: ({ result }) => this.setData({ scanned: result }), fail: ({ errMsg }) => this.setData({ scanned: errMsg }) }); },
  agree() { this.setData({ asking: false }); agreed?.({ event: 'agree', buttonId: 'agree' }); },
});
