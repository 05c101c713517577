/** The queue's edges on a phone: files under USER_DATA_PATH, the records in storage, ids. */
import { Full, type Files, type Item, type Storage } from './queue';

const FOLDER = 'unsent';
const KEY = 'unsent';
const dir = () => `${wx.env.USER_DATA_PATH}/${FOLDER}`;
const path = (name: string) => `${dir()}/${name}`;

/** Where a kept photo lies now. */
export const photoPath = path;

/** What the server knows it by. */
export const photoId = (name: string): string => name.replace(/\.jpg$/, '');

function call<T>(go: (done: (r: T) => void, failed: (e: { errMsg: string }) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => go(resolve, (e) => reject(isFull(e.errMsg) ? new Full() : new Error(e.errMsg))));
}

const isFull = (message: string) => /1300202|maximum size of the file storage limit|exceeded|no space|quota/i.test(message);

async function folder(): Promise<void> {
  const files = wx.getFileSystemManager();
  await call((success, fail) => files.access({ path: dir(), success, fail })).catch(() =>
    call((success, fail) => files.mkdir({ dirPath: dir(), recursive: true, success, fail })).catch((e: Error) => {
      if (!/exist/.test(e.message)) throw e;
    }),
  );
}

export const files: Files = {
  async keep(temporary, name) {
    await folder();
    const manager = wx.getFileSystemManager();
    await call((success, fail) => manager.copyFile({ srcPath: temporary, destPath: path(name), success, fail }));
    const { stats } = await call<{ stats: WechatMiniprogram.Stats }>((success, fail) => manager.stat({ path: path(name), success: (r) => success(r as { stats: WechatMiniprogram.Stats }), fail }));
    return stats.size;
  },
  async remove(name) {
    await call((success, fail) => wx.getFileSystemManager().unlink({ filePath: path(name), success, fail })).catch(() => undefined);
  },
  async exists(name) {
    return call((success, fail) => wx.getFileSystemManager().access({ path: path(name), success, fail })).then(() => true, () => false);
  },
  async names() {
    await folder();
    return (await call<{ files: string[] }>((success, fail) => wx.getFileSystemManager().readdir({ dirPath: dir(), success, fail }))).files;
  },
};

/** As a version before 跟进 were kept wrote them: a check-in each, with one photo. */
type Old = Omit<Extract<Item, { kind: 'checkin' }>, 'kind' | 'after' | 'photos'> & { photo: string };

function asNow(stored: Item | Old): Item {
  if (!('photo' in stored)) return stored;
  const { photo, ...rest } = stored;
  return { ...rest, kind: 'checkin', after: '', photos: [photo] };
}

export const storage: Storage = {
  load: () => ((wx.getStorageSync(KEY) as (Item | Old)[] | '') || []).map(asNow),
  store(items) {
    try {
      wx.setStorageSync(KEY, items);
    } catch {
      throw new Full();
    }
  },
};

/** A UUID of version 4. Math.random is enough: the server compares contents, ids only have to differ. */
export function newId(): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (c) => {
    const r = Math.floor(Math.random() * 16);
    return (c === 'x' ? r : (r & 3) | 8).toString(16);
  });
}
