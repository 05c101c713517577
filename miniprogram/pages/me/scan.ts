/** Scans what the console shows; our own codes open the page that asks whether it is really this person's computer. */

const WORD = 'zhudian-login:';

export function look(): void {
  wx.scanCode({
    onlyFromCamera: true,
    scanType: ['qrCode'],
    success: (r) => {
      if (!r.result.startsWith(WORD)) wx.showToast({ title: '这不是驻点通的登录码', icon: 'none' });
      else wx.navigateTo({ url: `/team/scan/scan?code=${encodeURIComponent(r.result.slice(WORD.length))}` });
    },
    fail: (e) => {
      if (!/cancel/.test(e.errMsg)) wx.showToast({ title: '没有扫成，请再试一次', icon: 'none' });
    },
  });
}
