/** 撤销: takes the last decision back while that is allowed; stands on the next one's page and on the list. */
import { undo } from '../../api/checkins';
import { sentence } from '../../api/problem';
import { over, standing } from '../decided';

Component({
  data: { said: '', busy: false, timer: 0 },
  lifetimes: {
    attached() { this.look(); },
    detached() { clearTimeout(this.data.timer); },
  },
  pageLifetimes: { show() { this.look(); } },
  methods: {
    look() {
      clearTimeout(this.data.timer);
      const last = standing();
      this.setData({ said: last?.said ?? '', timer: last ? setTimeout(() => this.look(), last.until - Date.now()) : 0 });
    },
    async undo() {
      const last = standing();
      if (!last || this.data.busy) return this.look();
      this.setData({ busy: true });
      try {
        await undo(last.checkin, last.review);
        over();
        this.triggerEvent('undone', { checkin: last.checkin });
      } catch (error) {
        wx.showModal({ title: '没有撤销', content: sentence(error), showCancel: false });
      } finally {
        this.setData({ busy: false });
        this.look();
      }
    },
  },
});
