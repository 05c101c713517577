/** The month that is shown, and the way to the one before and the one after; none lies ahead of `newest`. */
import { moved } from './moved';

Component({
  properties: { month: { type: String, value: '' }, newest: { type: String, value: '' } },
  data: { title: '', last: true },
  observers: {
    'month, newest'(month: string, newest: string) {
      const [year, m] = month.split('-').map(Number);
      this.setData({ title: month ? `${year}年${m}月` : '', last: month >= newest });
    },
  },
  methods: {
    before() { this.triggerEvent('pick', { month: moved(this.data.month, -1) }); },
    after() { if (!this.data.last) this.triggerEvent('pick', { month: moved(this.data.month, 1) }); },
  },
});
