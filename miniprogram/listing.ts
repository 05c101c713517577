/** What every list does: look when it is shown or pulled down, go on at its end. Spread into a Page that has `load`. */

interface Listed { load(cursor?: string): Promise<void>; cursor?: string | null }

export const listing = {
  onShow(this: Listed) { this.load(); },
  async onPullDownRefresh(this: Listed) {
    await this.load();
    wx.stopPullDownRefresh();
  },
  onReachBottom(this: Listed) { if (this.cursor) this.load(this.cursor); },
  again(this: Listed) { this.load(); },
};
