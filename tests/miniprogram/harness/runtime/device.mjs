// The phone's own state, as the test set it (`window.__device`) and as it may change it while the story runs.
const DEFAULTS = {
  platform: 'android',
  openid: 'o-nobody',
  sandbox: '', // the local WeChat's address
  hosts: {}, // {origin in the mini-program: origin of the server in this test}
  networkType: 'wifi',
  clockOffsetMs: 0,
  fontSize: 16,
  statusBarPx: 44,
  homeBarPx: 34,
  photo: '', // data URL of what the camera sees; '' draws somebody
  answers: { userLocation: true, camera: true, writePhotosAlbum: true }, // to WeChat's own dialogs
  privacyNeeded: true, // the privacy agreement was not agreed to yet
  subscription: {}, // {template id or '*': accept | reject | ban}
  without: [], // wx.* that this WeChat is too old for
  lastingTemplates: [], // of the 长期 kind
  employee: 'accept', // to the dialogs of 用工关系; reject
  phoneNumber: '', // what getPhoneNumber hands over; '' when the person refuses
  scan: '', // what the next scanned code says
  locationDatum: 'wgs84',
  locationOn: true, // the phone's own switch
  quotaBytes: 200 * 1024 * 1024,
  faults: {}, // {api: [errMsg, …]}: the next calls of it fail
  dies: null, // {api, when: before | after, at: part of its address}: the process ends there
  scene: 1001,
  path: '', // opened by a message or a code
};

export const device = (window.__device = Object.assign({}, DEFAULTS, window.__device));
const listeners = new Map();

/** Call `listener` when the test changes one of these. */
export function onDevice(key, listener) {
  listeners.set(key, [...(listeners.get(key) ?? []), listener]);
}

/** Called by the test: {key: value, …}. */
export function changeDevice(changes) {
  Object.assign(device, changes);
  for (const key of Object.keys(changes)) for (const listener of listeners.get(key) ?? []) listener(device[key]);
}

/** Hosts are looked up as the test says: the mini-program knows only its own server's name. */
export function located(url) {
  const { origin } = new URL(url);
  return device.hosts[origin] ? device.hosts[origin] + url.slice(origin.length) : url;
}

/** What the mini-program's files see as Date: the phone's clock, which need not be right. */
export class PhoneDate extends Date {
  constructor(...given) {
    if (given.length) super(...given);
    else super(Date.now() + device.clockOffsetMs);
  }

  static now() {
    return Date.now() + device.clockOffsetMs;
  }
}

/** What is kept when the app is killed: small things of the device itself, as JSON. */
export const kept = {
  get: (key, otherwise) => JSON.parse(localStorage.getItem(`device:${key}`) ?? 'null') ?? otherwise,
  set: (key, value) => localStorage.setItem(`device:${key}`, JSON.stringify(value)),
};
