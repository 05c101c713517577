type Event = WechatMiniprogram.CustomEvent;
const base = () => getApp<{ globalData: { base: string } }>().globalData.base;
Page({
  data: { count: 1, list: ['a', 'b', 'c'], answer: '', subscribed: '', refreshed: 0, shown: 0, network: '', large: '', stranger: '' },
  onLoad() {
    wx.onNetworkStatusChange(({ networkType }) => this.setData({ network: networkType }));
    wx.getNetworkType({ success: ({ networkType }) => this.setData({ network: networkType }) });
  },
  onShow() { this.setData({ shown: this.data.shown + 1 }); },
  onPullDownRefresh() { this.setData({ refreshed: this.data.refreshed + 1 }); wx.stopPullDownRefresh(); },
  count(event: Event) { this.setData({ count: event.detail.count + 1 }); },
  form() { wx.navigateTo({ url: '/pages/form/form?from=' + encodeURIComponent('首页') }); },
  health() {
    wx.request({
      url: base() + '/healthz',
      success: ({ statusCode, header }) => this.setData({ answer: `${statusCode} ${header.Date ? '有日期' : '没有日期'}` }),
      fail: ({ errMsg }) => this.setData({ answer: errMsg.includes('INTERNET_DISCONNECTED') ? '没有网络' : '中断了' }),
    });
  },
  async subscribe() {
    const answer = await wx.requestSubscribeMessage({ tmplIds: ['sandbox-flag'] });
    this.setData({ subscribed: String(answer['sandbox-flag']) });
  },
  large() { this.setData({ large: 'x'.repeat(70 * 1024) }); },
  stranger() { this.setData({ stranger: 'https://stranger.invalid/a.png' }); },
  unknown() { (wx as unknown as Record<string, undefined>).noSuchCall; },
  wrong() { throw new Error('a page went wrong'); },
});
