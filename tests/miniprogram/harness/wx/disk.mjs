// The phone's files: temporary ones end with the process, those under USER_DATA_PATH are kept in IndexedDB.
import { device, located } from '../runtime/device.mjs';
import { Failure } from './call.mjs';

export const USER_DATA_PATH = 'wxfile://usr';
const STORE = 'wxfile://store_';
const FULL = { errno: 1300202, errCode: 1300202 };
const files = new Map(); // path → {bytes, type, changedAt}
const folders = new Set([USER_DATA_PATH]);
const urls = new Map();
let database = null;
let writing = Promise.resolve();
let made = 0;

/** Read what an earlier life of the app has kept. */
export async function openDisk() {
  database = await new Promise((done, refuse) => {
    const opening = indexedDB.open('disk', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('entries');
    opening.onsuccess = () => done(opening.result);
    opening.onerror = () => refuse(opening.error);
  });
  const store = database.transaction('entries').objectStore('entries');
  const [paths, entries] = await Promise.all([store.getAllKeys(), store.getAll()].map(answered));
  paths.forEach((path, i) => (entries[i].folder ? folders.add(path) : files.set(path, entries[i])));
}

const answered = (request) =>
  new Promise((done, refuse) => Object.assign(request, { onsuccess: () => done(request.result), onerror: () => refuse(request.error) }));

/** When everything written so far would survive the end of the process. */
export const settled = () => writing;

function persist(path, entry) {
  if (!isKept(path)) return;
  writing = writing.then(
    () =>
      new Promise((done, refuse) => {
        const transaction = database.transaction('entries', 'readwrite');
        const store = transaction.objectStore('entries');
        if (entry) store.put(entry, path);
        else store.delete(path);
        transaction.oncomplete = done;
        transaction.onerror = () => refuse(transaction.error);
      }),
  );
}

const isKept = (path) => path.startsWith(`${USER_DATA_PATH}/`) || path.startsWith(STORE);
const parent = (path) => path.slice(0, path.lastIndexOf('/'));
export const usedBytes = () => [...files].reduce((sum, [path, { bytes }]) => sum + (isKept(path) ? bytes.byteLength : 0), 0);

/** The entry of this file: {bytes, type, changedAt}. */
export function entryOf(path) {
  const entry = files.get(path);
  if (!entry) throw new Failure(`no such file or directory, open ${path}`, { errno: 1300002 });
  return entry;
}

export const exists = (path) => files.has(path) || folders.has(clean(path));
export const isFolder = (path) => folders.has(clean(path));
const clean = (path) => path.replace(/\/+$/, '');

/** Write a whole file; 200 MB for all that is kept, unless the test says less. */
export function write(path, bytes, type = '') {
  if (isKept(path)) {
    if (path.startsWith(USER_DATA_PATH) && !folders.has(parent(path))) throw new Failure(`no such file or directory, open ${path}`);
    const before = files.get(path)?.bytes.byteLength ?? 0;
    if (usedBytes() - before + bytes.byteLength > device.quotaBytes) {
      throw new Failure('the maximum size of the file storage limit is exceeded', FULL);
    }
  }
  const entry = { bytes, type, changedAt: Date.now() };
  files.set(path, entry);
  forgetUrl(path);
  persist(path, entry);
}

export function remove(path) {
  entryOf(path);
  files.delete(path);
  forgetUrl(path);
  persist(path, null);
}

export function makeFolder(path, recursive) {
  const name = clean(path);
  if (folders.has(name)) {
    if (recursive) return;
    throw new Failure(`file already exists ${path}`, { errno: 1301005 });
  }
  if (!folders.has(parent(name))) {
    if (!recursive) throw new Failure(`no such file or directory, mkdir ${path}`);
    makeFolder(parent(name), true);
  }
  folders.add(name);
  persist(name, { folder: true });
}

export function removeFolder(path, recursive) {
  const name = clean(path);
  if (!folders.has(name)) throw new Failure(`no such file or directory, rmdir ${path}`);
  const inside = [...files.keys()].filter((file) => file.startsWith(`${name}/`));
  if (inside.length && !recursive) throw new Failure('directory not empty', { errno: 1300066 });
  inside.forEach(remove);
  for (const folder of [...folders].filter((one) => one === name || one.startsWith(`${name}/`))) {
    folders.delete(folder);
    persist(folder, null);
  }
}

/** The names in this folder. */
export function list(path) {
  const name = clean(path);
  if (!folders.has(name)) throw new Failure(`no such file or directory, scandir ${path}`);
  const all = [...files.keys(), ...folders].filter((one) => parent(one) === name);
  return all.map((one) => one.slice(name.length + 1));
}

/** A new temporary file with these bytes; its path. */
export function temporary(bytes, extension, type = '') {
  const path = `wxfile://tmp_${Date.now().toString(36)}${(made += 1)}.${extension}`;
  write(path, bytes, type);
  return path;
}

const PHOTO = /^wxfile:\/\/tmp_.*\.(jpg|jpeg|png)$/;
export const temporaryPhotos = () => [...files.keys()].filter((path) => PHOTO.test(path));

export const storedPath = (path) => path.replace(/^wxfile:\/\/tmp_/, STORE);
export const storedFiles = () => [...files].filter(([path]) => path.startsWith(STORE));

/** What an <img> of the browser shows for this source. */
export function fileUrl(source) {
  if (/^https?:/.test(source)) return located(source);
  if (!source.startsWith('wxfile://')) return /^(data|blob):/.test(source) ? source : source.replace(/^\//, '');
  if (!files.has(source)) return 'data:,';
  if (!urls.has(source)) urls.set(source, URL.createObjectURL(blobOf(source)));
  return urls.get(source);
}

export const blobOf = (path) => new Blob([entryOf(path).bytes], { type: entryOf(path).type });

function forgetUrl(path) {
  if (urls.has(path)) URL.revokeObjectURL(urls.get(path));
  urls.delete(path);
}
