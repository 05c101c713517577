// Starts the mini-program on this phone, and gives the test its handle: window.__phone.
import { answerNodes, installBuiltins } from '../builtins/install.mjs';
import { createWx, emit } from '../wx/index.mjs';
import { openDisk, settled, temporaryPhotos } from '../wx/disk.mjs';
import { changeDevice, device } from './device.mjs';
import { weighSetData } from './easel.mjs';
import { app, load, loadApp, provide } from './loader.mjs';
import { currentPages, hide, navigate, parsed, show, tell, top } from './pages.mjs';
import { failed, report } from './report.mjs';

let application = null;

function App(definition) {
  application = { globalData: {}, ...definition };
}

function tellApp(method, ...given) {
  try {
    application?.[method]?.(...given)?.catch?.((error) => failed(`App.${method}`, error));
  } catch (error) {
    failed(`App.${method}`, error);
  }
}

function style(css) {
  document.head.appendChild(document.createElement('style')).textContent = css;
}

async function start() {
  await openDisk();
  style(window.__app.styles.app);
  style(window.__app.styles.components);
  const first = device.path || `/${app.pages[0]}`;
  const launch = { ...parsed(first), scene: device.scene, referrerInfo: {}, shareTicket: '' };
  const wx = createWx(launch);
  provide({ wx, App, getApp: () => application, getCurrentPages: currentPages });
  installBuiltins(wx);
  answerNodes(weighSetData());
  loadApp();
  tellApp('onLaunch', launch);
  tellApp('onShow', launch);
  window.__phone = { ...handle, wx, load };
  navigate.relaunch(first);
}

const handle = {
  report,
  change: changeDevice,
  settled,
  temporaryPhotos,
  emit,
  /** The app goes to the background, or comes back. */
  background() {
    emit('appHide', {});
    tellApp('onHide');
    tell(top(), 'onHide');
    top()?.component.triggerPageLifetime('hide', []);
  },
  foreground(path = '') {
    const options = path ? parsed(path) : { path: top().path, query: top().instance.options };
    emit('appShow', { ...options, scene: device.scene });
    tellApp('onShow', { ...options, scene: device.scene });
    if (path) navigate.relaunch(path);
    else show(top());
  },
  pullDown: () => tell(top(), 'onPullDownRefresh'),
  back: () => navigate.back(1),
  open: (url) => navigate.relaunch(url),
  page: () => ({ path: top()?.path, data: top()?.instance.data, ready: Boolean(top()?.ready) }),
  hide: () => hide(top()),
};

start().catch((error) => failed('start', error));
