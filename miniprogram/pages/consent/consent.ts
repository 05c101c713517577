/** The separate consent to photo and position, in the server's words; refusing leaves attestation as the way. */
import * as api from '../../api/me';
import { sentence } from '../../api/problem';
import { release } from '../../queue/unsent';
import { checkin, type Errand } from '../../to-checkin';

Page({
  data: { words: null as null | { version: string; text: string[]; given: boolean }, said: '', busy: false, refused: false },
  next: 'today',
  errand: {} as Errand,

  onLoad(query: { next?: string } & Errand) {
    this.next = query.next ?? 'today';
    this.errand = { visit: query.visit, spot: query.spot };
    this.load();
  },

  async load() {
    try {
      const { version, text, given } = await api.consent();
      this.setData({ words: { version, text, given }, said: '' });
    } catch (error) {
      this.setData({ said: sentence(error) });
    }
  },

  agree() { return this.answer(true); },
  refuse() { return this.answer(false); },

  async answer(agreed: boolean) {
    if (!this.data.words || this.data.busy) return;
    this.setData({ busy: true });
    try {
      const now = await api.answerConsent(this.data.words.version, agreed);
      if (agreed) release('consent_required');
      if (agreed && this.next === 'checkin') wx.redirectTo({ url: checkin(this.errand) });
      else if (agreed) wx.switchTab({ url: '/pages/today/today' });
      else this.setData({ refused: true, busy: false, 'words.given': now.given });
    } catch (error) {
      this.setData({ busy: false });
      wx.showToast({ title: sentence(error), icon: 'none', duration: 3000 });
      this.load();
    }
  },

  home() { wx.switchTab({ url: '/pages/today/today' }); },
});
