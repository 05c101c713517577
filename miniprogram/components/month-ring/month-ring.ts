/** The month at a glance: so many of so many, as a ring and in words. */
import { days } from '../../words';
import { ring, type Counts } from './arcs';

const LIGHT = { track: '#E6E8ED', confirmed: '#107A4B', pending: '#C77700', excused: '#0052D9' };
const DARK = { track: '#343438', confirmed: '#5FD39B', pending: '#F5B553', excused: '#8FB0FF' };

Component({
  properties: { month: { type: Object, value: null } },
  data: { picture: '', done: '', target: '', label: '' },
  observers: {
    month(month: Counts | null) {
      if (!month) return;
      const svg = ring(month, wx.getAppBaseInfo().theme === 'dark' ? DARK : LIGHT);
      const done = days(month.confirmed);
      this.setData({
        picture: 'data:image/svg+xml,' + encodeURIComponent(svg),
        done, target: days(month.target),
        label: `本月已确认 ${done} 天，目标 ${days(month.target)} 天`,
      });
    },
  },
});
