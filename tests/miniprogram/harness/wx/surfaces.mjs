// What a page asks WeChat to show or do: dialogs, toasts, routes, bars, haptics, clipboard.
import { hideToast, modal, sheet, toast } from '../runtime/dialogs.mjs';
import { hideTabBar, isTab, redraw, setBadge } from '../runtime/frame.mjs';
import { navigate, top } from '../runtime/pages.mjs';
import { asynchronous, Failure, listening } from './call.mjs';
import { inTap, renewTap } from './tap.mjs';

const LONG_MS = 1500;

/** Routes throw plain errors; WeChat fails with their words. */
const routed = (name, go) =>
  asynchronous(name, async (options) => {
    try {
      const page = go(options);
      return { eventChannel: channel(page, options.events) };
    } catch (error) {
      throw new Failure(error.message);
    }
  });

function channel(page, events = {}) {
  const listeners = { ...events };
  const made = {
    on: (name, listener) => void (listeners[name] = listener),
    once: (name, listener) => void (listeners[name] = listener),
    off: (name) => void delete listeners[name],
    emit: (name, ...given) => listeners[name]?.(...given),
  };
  if (page?.instance) page.instance.getOpenerEventChannel = () => made;
  return made;
}

const aboutPage = (name, change) =>
  asynchronous(name, (options) => {
    change(top(), options);
    redraw();
  });

const routes = () => ({
  navigateTo: routed('navigateTo', ({ url }) => navigate.to(url)),
  redirectTo: routed('redirectTo', ({ url }) => navigate.replace(url)),
  reLaunch: routed('reLaunch', ({ url }) => navigate.relaunch(url)),
  switchTab: routed('switchTab', ({ url }) => navigate.tab(url)),
  navigateBack: routed('navigateBack', ({ delta }) => navigate.back(delta)),
});

const dialogs = () => ({
  showToast: asynchronous('showToast', ({ title, duration = LONG_MS }) => toast(title, { ms: duration })),
  showLoading: asynchronous('showLoading', ({ title }) => toast(title)),
  hideToast: asynchronous('hideToast', hideToast),
  hideLoading: asynchronous('hideLoading', hideToast),
  showModal: asynchronous('showModal', async (options) => {
    const answer = await modal(options);
    renewTap();
    return answer;
  }),
  showActionSheet: asynchronous('showActionSheet', async ({ itemList }) => {
    const tapIndex = await sheet(itemList);
    if (tapIndex === null) throw new Failure('cancel');
    renewTap();
    return { tapIndex };
  }),
});

const onTab = (name, badge) =>
  asynchronous(name, (options) => {
    if (!isTab(top().path)) throw new Failure('not TabBar page');
    setBadge(options.index, badge(options));
  });

const bars = () => ({
  setNavigationBarTitle: aboutPage('setNavigationBarTitle', (page, { title }) => (page.title = title)),
  setNavigationBarColor: aboutPage('setNavigationBarColor', (page, { frontColor, backgroundColor }) => {
    page.barColours = { navigationBarTextStyle: frontColor === '#ffffff' ? 'white' : 'black', navigationBarBackgroundColor: backgroundColor };
  }),
  setBackgroundColor: asynchronous('setBackgroundColor', () => ({})),
  setBackgroundTextStyle: asynchronous('setBackgroundTextStyle', () => ({})),
  setTabBarBadge: onTab('setTabBarBadge', ({ text }) => ({ text })),
  removeTabBarBadge: onTab('removeTabBarBadge', () => null),
  showTabBarRedDot: onTab('showTabBarRedDot', () => ({ dot: true })),
  hideTabBarRedDot: onTab('hideTabBarRedDot', () => null),
  showTabBar: asynchronous('showTabBar', () => hideTabBar(false)),
  hideTabBar: asynchronous('hideTabBar', () => hideTabBar(true)),
  setTabBarStyle: asynchronous('setTabBarStyle', () => ({})),
  showNavigationBarLoading: asynchronous('showNavigationBarLoading', () => ({})),
  hideNavigationBarLoading: asynchronous('hideNavigationBarLoading', () => ({})),
  hideHomeButton: asynchronous('hideHomeButton', () => ({})),
});

const clipboard = { text: '' };

export function surfaceCalls() {
  return {
    ...routes(),
    ...dialogs(),
    ...bars(),
    startPullDownRefresh: asynchronous('startPullDownRefresh', () => window.__phone.pullDown()),
    stopPullDownRefresh: asynchronous('stopPullDownRefresh', () => ({})),
    pageScrollTo: asynchronous('pageScrollTo', ({ scrollTop, selector }) => {
      const { element } = top();
      if (selector) element.querySelector(selector)?.scrollIntoView();
      else element.scrollTop = scrollTop;
    }),
    vibrateShort: asynchronous('vibrateShort', () => ({})),
    vibrateLong: asynchronous('vibrateLong', () => ({})),
    makePhoneCall: asynchronous('makePhoneCall', () => ({})),
    openCustomerServiceChat: asynchronous('openCustomerServiceChat', () => ({})),
    openDocument: asynchronous('openDocument', () => ({})),
    shareFileMessage: asynchronous('shareFileMessage', () => {
      if (!inTap()) throw new Failure('can only be invoked by user TAP gesture.');
    }),
    setClipboardData: asynchronous('setClipboardData', ({ data }) => {
      clipboard.text = data;
      toast('内容已复制', { ms: LONG_MS });
    }),
    getClipboardData: asynchronous('getClipboardData', () => ({ data: clipboard.text })),
    setKeepScreenOn: asynchronous('setKeepScreenOn', () => ({})),
    hideKeyboard: asynchronous('hideKeyboard', () => document.activeElement?.blur()),
    showShareMenu: asynchronous('showShareMenu', () => ({})),
    hideShareMenu: asynchronous('hideShareMenu', () => ({})),
    exitMiniProgram: asynchronous('exitMiniProgram', () => ({})),
    enableAlertBeforeUnload: asynchronous('enableAlertBeforeUnload', () => ({})),
    disableAlertBeforeUnload: asynchronous('disableAlertBeforeUnload', () => ({})),
    ...listening('keyboardHeightChange'),
  };
}
