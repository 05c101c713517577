type Chosen = WechatMiniprogram.CustomEvent<{ value: never }>;
Page({
  data: {
    from: '', name: '', note: '', kinds: [{ name: '事假' }, { name: '病假' }], chosen: 0, on: '2026-11-24', half: false,
    days: '', who: '', submitted: '', reached: '', said: '',
  },
  onLoad(query: Record<string, string | undefined>) { this.setData({ from: decodeURIComponent(query.from ?? '') }); },
  noted(event: WechatMiniprogram.Input) { this.setData({ note: event.detail.value }); },
  kind(event: Chosen) { this.setData({ chosen: Number(event.detail.value) }); },
  on(event: Chosen) { this.setData({ on: String(event.detail.value) }); },
  half(event: Chosen) { this.setData({ half: Boolean(event.detail.value) }); },
  days(event: Chosen) { this.setData({ days: (event.detail.value as string[]).join('、') }); },
  who(event: Chosen) { this.setData({ who: event.detail.value }); },
  lower() { this.setData({ reached: '到底了' }); },
  slid() {},
  submit(event: WechatMiniprogram.FormSubmit) { this.setData({ submitted: JSON.stringify(event.detail.value) }); },
  async ask() {
    const { confirm, content } = await wx.showModal({ title: '原因', editable: true, placeholderText: '写几个字' });
    this.setData({ said: confirm ? `因为${content}` : '不说' });
  },
  choose() { wx.showActionSheet({ itemList: ['甲', '乙'], success: ({ tapIndex }) => this.setData({ said: `第 ${tapIndex + 1} 项` }), fail: () => this.setData({ said: '没有选' }) }); },
});
