/** Starts what lives as long as the app: the queue of unsent check-ins, and the privacy question. */
import { listen } from './privacy';
import { begin, wake } from './queue/unsent';

App({
  onLaunch() {
    listen();
    begin();
  },
  onShow() {
    wake(true);
  },
});
