// What the phone and WeChat say of themselves.
import { device, kept } from '../runtime/device.mjs';
import { barsOf, onTheme, theme } from '../runtime/frame.mjs';
import { top } from '../runtime/pages.mjs';
import { asynchronous, emit, Failure, listening } from './call.mjs';
import { granted } from './permissions.mjs';

const VERSION = { SDKVersion: '3.10.3', version: '8.0.62' };
const PHONES = {
  android: { brand: 'Redmi', model: 'Redmi Note 9S', platform: 'android', system: 'Android 12' },
  ios: { brand: 'iPhone', model: 'iPhone 13', platform: 'ios', system: 'iOS 17.5' },
};
const TAB_PX = 50;
const BAR_PX = 44;

function windowInfo() {
  const bars = top() ? barsOf(top().path) : { bar: true, tabs: false };
  const above = bars.bar ? device.statusBarPx + BAR_PX : 0;
  const below = bars.tabs ? TAB_PX + device.homeBarPx : 0;
  const bottom = innerHeight - device.homeBarPx;
  return {
    pixelRatio: devicePixelRatio, windowWidth: innerWidth, windowHeight: innerHeight - above - below, screenWidth: innerWidth,
    screenHeight: innerHeight, statusBarHeight: device.statusBarPx, screenTop: above,
    safeArea: { top: device.statusBarPx, left: 0, right: innerWidth, bottom, width: innerWidth, height: bottom - device.statusBarPx },
  };
}

const baseInfo = () => ({
  ...VERSION, language: 'zh_CN', theme: theme(), enableDebug: false, host: { env: 'WeChat' },
  fontSizeSetting: device.fontSize, fontSizeScaleFactor: device.fontSize / 16,
});
const deviceInfo = () => ({ ...PHONES[device.platform], abi: 'arm64-v8a', benchmarkLevel: 20, memorySize: 6144, deviceOrientation: 'portrait' });
const settingInfo = () => ({ locationEnabled: device.locationOn, wifiEnabled: true, bluetoothEnabled: false, deviceOrientation: 'portrait' });
const authorizeInfo = () => {
  const inWords = (on) => (on === undefined ? 'not determined' : on ? 'authorized' : 'denied');
  return {
    locationAuthorized: inWords(device.systemLocation ?? true), cameraAuthorized: inWords(device.systemCamera ?? true),
    locationReducedAccuracy: Boolean(device.reducedAccuracy), notificationAuthorized: 'authorized', albumAuthorized: 'authorized',
  };
};
const everything = () => ({ ...windowInfo(), ...baseInfo(), ...deviceInfo(), ...settingInfo() });

function capsule() {
  const top = device.statusBarPx + 6;
  return { top, bottom: top + 32, left: innerWidth - 94, right: innerWidth - 7, width: 87, height: 32 };
}

/** The test says whether a new version waits: device.update. */
function updateManager() {
  return {
    onCheckForUpdate: (listener) => setTimeout(() => listener({ hasUpdate: Boolean(device.update) })),
    onUpdateReady: (listener) => device.update && setTimeout(listener),
    onUpdateFailed: () => {},
    applyUpdate: () => kept.set('updated', true),
  };
}

const animation = () => new Proxy({}, { get: (_, key, self) => (key === 'export' ? () => ({ actions: [] }) : () => self) });

export function systemCalls(launch) {
  onTheme((change) => emit('themeChange', change));
  addEventListener('resize', () => emit('windowResize', { size: { windowWidth: innerWidth, windowHeight: innerHeight } }));
  return {
    getWindowInfo: windowInfo,
    getAppBaseInfo: baseInfo,
    getDeviceInfo: deviceInfo,
    getSystemSetting: settingInfo,
    getAppAuthorizeSetting: authorizeInfo,
    getSystemInfoSync: everything,
    getSystemInfo: asynchronous('getSystemInfo', everything),
    getSystemInfoAsync: asynchronous('getSystemInfoAsync', everything),
    openSystemBluetoothSetting: asynchronous('openSystemBluetoothSetting', () => ({})),
    openAppAuthorizeSetting: asynchronous('openAppAuthorizeSetting', () => ({})),
    getMenuButtonBoundingClientRect: capsule,
    getAccountInfoSync: () => ({ miniProgram: { appId: 'wxsandbox0000000001', envVersion: device.envVersion ?? 'develop', version: device.version ?? '' } }),
    getExtConfigSync: () => ({}),
    getLaunchOptionsSync: () => launch,
    getEnterOptionsSync: () => launch,
    getUpdateManager: updateManager,
    getBatteryInfoSync: () => ({ level: '80', isCharging: false }),
    getPerformance: () => ({ now: () => performance.now(), getEntries: () => [], createObserver: () => ({ observe() {}, disconnect() {} }) }),
    getLogManager: () => ({ debug() {}, info() {}, log() {}, warn() {} }),
    getRealtimeLogManager: () => ({ info() {}, warn() {}, error() {}, setFilterMsg() {}, addFilterMsg() {} }),
    addPhoneCalendar: asynchronous('addPhoneCalendar', async () => {
      if (!(await granted('addPhoneCalendar'))) throw new Failure('auth deny', { errno: 103 });
    }),
    reportEvent: () => {},
    nextTick: (run) => queueMicrotask(run),
    createAnimation: animation,
    createSelectorQuery: () => top().instance.createSelectorQuery(),
    createIntersectionObserver: (component, options) => component.createIntersectionObserver(options),
    createMediaQueryObserver: (component) => component.createMediaQueryObserver(),
    getRandomValues: asynchronous('getRandomValues', ({ length }) => ({ randomValues: crypto.getRandomValues(new Uint8Array(length)).buffer })),
    getUserCryptoManager: () => ({
      getRandomValues: asynchronous('getRandomValues', ({ length }) => ({ randomValues: crypto.getRandomValues(new Uint8Array(length)).buffer })),
    }),
    ...listening('themeChange'),
    ...listening('windowResize'),
    ...listening('appShow'),
    ...listening('appHide'),
    ...listening('error'),
    ...listening('unhandledRejection'),
    ...listening('pageNotFound'),
    ...listening('memoryWarning'),
    ...listening('userCaptureScreen'),
  };
}
