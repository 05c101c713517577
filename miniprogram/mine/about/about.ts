/** 关于: what this is, which version, and whom to ask. */
Page({
  data: { version: '' },
  onLoad() {
    const { version, envVersion } = wx.getAccountInfoSync().miniProgram;
    this.setData({ version: version || { develop: '开发版', trial: '体验版', release: '正式版' }[envVersion] });
  },
  guide() { wx.openPrivacyContract({}); },
  complain() { wx.navigateTo({ url: '/mine/complaints/complaints' }); },
});
