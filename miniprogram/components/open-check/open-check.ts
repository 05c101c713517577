/** A spot check that waits for one's photo: by when, how long that is still, and the camera that answers it. */
import { serverNow } from '../../api/clock';
import type { SpotCheck } from '../../api/spots';
import { unsent } from '../../queue/unsent';
import { toCheckin } from '../../to-checkin';
import { clock } from '../../words';

const LOOK_MS = 5000;

function left(due: string, now: number): string {
  const s = Math.ceil((Date.parse(due) - now) / 1000);
  if (s <= 0) return '时间已过，现在拍按超时应答记，可以说明原因。';
  return s < 120 ? `还剩 ${s} 秒` : `还剩 ${Math.floor(s / 60)} 分钟`;
}

/** Whether its photo is taken, and waits on the phone. */
const isKept = (check: SpotCheck): boolean =>
  unsent.mine().some((item) => item.kind === 'checkin' && item.spot === check.id && item.state !== 'held');

Component({
  properties: { check: { type: Object, value: {} as SpotCheck } },
  data: { by: '', left: '', over: false, kept: false, aimed: false, timer: 0 },
  lifetimes: {
    attached() { this.setData({ timer: setInterval(() => this.draw(), LOOK_MS) }); },
    detached() { clearInterval(this.data.timer); },
  },
  pageLifetimes: { show() { this.draw(); } },
  observers: { check() { this.draw(); } },
  methods: {
    draw() {
      const check = this.data.check as unknown as SpotCheck;
      if (!check.id) return;
      if (this.data.kept && !isKept(check)) this.triggerEvent('sent');
      const over = Date.parse(check.due_at) <= serverNow();
      this.setData({ by: clock(check.due_at), left: left(check.due_at, serverNow()), over, kept: isKept(check), aimed: check.aimed });
    },
    answer() { toCheckin({ spot: (this.data.check as unknown as SpotCheck).id }); },
  },
});
