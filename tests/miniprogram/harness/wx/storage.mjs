// wx.setStorage and its like: 1 MB a key, 10 MB in all, kept when the app is killed.
import { asynchronous, Failure, synchronous } from './call.mjs';

const PREFIX = 'storage:';
const [MOST_A_KEY, MOST] = [1024 * 1024, 10 * 1024 * 1024];

const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
const size = () => keys().reduce((sum, key) => sum + localStorage.getItem(PREFIX + key).length, 0);

function set(key, value) {
  const text = JSON.stringify(value === undefined ? null : value);
  if (text.length > MOST_A_KEY || size() + text.length > MOST) throw new Failure('exceed storage max size 10Mb');
  localStorage.setItem(PREFIX + key, text);
}

function get(key) {
  const text = localStorage.getItem(PREFIX + key);
  return text === null ? '' : JSON.parse(text);
}

const drop = (key) => localStorage.removeItem(PREFIX + key);
const clear = () => keys().forEach(drop);
const info = () => ({ keys: keys(), currentSize: Math.ceil(size() / 1024), limitSize: MOST / 1024 });

export function storageCalls() {
  return {
    setStorageSync: synchronous('setStorageSync', set),
    getStorageSync: synchronous('getStorageSync', get),
    removeStorageSync: synchronous('removeStorageSync', drop),
    clearStorageSync: synchronous('clearStorageSync', clear),
    getStorageInfoSync: synchronous('getStorageInfoSync', info),
    setStorage: asynchronous('setStorage', async ({ key, data }) => set(key, data)),
    getStorage: asynchronous('getStorage', async ({ key }) => {
      if (!keys().includes(key)) throw new Failure('data not found');
      return { data: get(key) };
    }),
    removeStorage: asynchronous('removeStorage', async ({ key }) => drop(key)),
    clearStorage: asynchronous('clearStorage', async () => clear()),
    getStorageInfo: asynchronous('getStorageInfo', async () => info()),
  };
}
