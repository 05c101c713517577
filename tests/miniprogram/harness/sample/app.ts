App({
  globalData: { shown: 0, launchedAt: 0, base: 'http://127.0.0.1:8000' },
  onLaunch() { this.globalData.launchedAt = Date.now(); },
  onShow() { this.globalData.shown += 1; },
});
