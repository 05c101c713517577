/** Asks for agreement to the privacy guide, at the moment it is needed; tells the page when it is given. */
import { answer, attend } from '../../privacy';

Component({
  data: { asked: false },
  lifetimes: {
    attached() { attend((asked) => this.setData({ asked })); },
    detached() { attend(null); },
  },
  pageLifetimes: {
    show() { attend((asked) => this.setData({ asked })); },
    hide() { attend(null); },
  },
  methods: {
    agree() {
      answer(true);
      this.triggerEvent('agreed');
    },
    refuse() { answer(false); },
    read() { wx.openPrivacyContract({}); },
  },
});
