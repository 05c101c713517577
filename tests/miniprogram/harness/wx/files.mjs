// wx.getFileSystemManager(): every operation with its …Sync, on the phone's disk.
import { asynchronous, Failure, synchronous } from './call.mjs';
import * as disk from './disk.mjs';

const ENCODINGS = new Set(['utf8', 'utf-8', 'ascii', 'latin1', 'binary']);

const inBase64 = (bytes) => {
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
};
export const base64ToArrayBuffer = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer;
export const arrayBufferToBase64 = (buffer) => inBase64(new Uint8Array(buffer));

function asBytes(data, encoding) {
  if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0));
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  if (encoding === 'base64') return new Uint8Array(base64ToArrayBuffer(data));
  return new TextEncoder().encode(data);
}

function read(path, encoding, position = 0, length = undefined) {
  const { bytes } = disk.entryOf(path);
  const part = bytes.slice(position, length === undefined ? undefined : position + length);
  if (encoding === 'base64') return inBase64(part);
  if (encoding && ENCODINGS.has(encoding)) return new TextDecoder().decode(part);
  if (encoding) throw new Failure(`invalid encoding ${encoding}`);
  return part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength);
}

function stats(path) {
  if (disk.isFolder(path)) return { mode: 0, size: 0, lastAccessedTime: 0, lastModifiedTime: 0, isDirectory: () => true, isFile: () => false };
  const { bytes, changedAt } = disk.entryOf(path);
  const seconds = Math.floor(changedAt / 1000);
  return { mode: 0, size: bytes.byteLength, lastAccessedTime: seconds, lastModifiedTime: seconds, isDirectory: () => false, isFile: () => true };
}

function copy(from, to) {
  const { bytes, type } = disk.entryOf(from);
  disk.write(to, bytes.slice(), type);
}

function save(from, to) {
  const target = to || disk.storedPath(from);
  copy(from, target);
  disk.remove(from);
  return target;
}

async function fileInfo({ filePath, digestAlgorithm = 'md5' }) {
  const { bytes } = disk.entryOf(filePath);
  const algorithm = { sha1: 'SHA-1', sha256: 'SHA-256' }[digestAlgorithm];
  if (!algorithm) return { size: bytes.byteLength };
  const digest = new Uint8Array(await crypto.subtle.digest(algorithm, bytes));
  return { size: bytes.byteLength, digest: [...digest].map((one) => one.toString(16).padStart(2, '0')).join('') };
}

// name: [the arguments of its Sync in order, what it does, how the asynchronous one names the result]
const OPERATIONS = {
  access: [['path'], ({ path }) => {
    if (!disk.exists(path)) throw new Failure(`no such file or directory, access ${path}`, { errno: 1300002 });
  }],
  appendFile: [['filePath', 'data', 'encoding'], ({ filePath, data, encoding }) => {
    const { bytes, type } = disk.entryOf(filePath);
    const more = asBytes(data, encoding);
    const whole = new Uint8Array(bytes.length + more.length);
    whole.set(bytes);
    whole.set(more, bytes.length);
    disk.write(filePath, whole, type);
  }],
  copyFile: [['srcPath', 'destPath'], ({ srcPath, destPath }) => copy(srcPath, destPath)],
  mkdir: [['dirPath', 'recursive'], ({ dirPath, recursive }) => disk.makeFolder(dirPath, recursive)],
  readdir: [['dirPath'], ({ dirPath }) => disk.list(dirPath), 'files'],
  readFile: [['filePath', 'encoding', 'position', 'length'], ({ filePath, encoding, position, length }) => read(filePath, encoding, position, length), 'data'],
  rename: [['oldPath', 'newPath'], ({ oldPath, newPath }) => {
    copy(oldPath, newPath);
    disk.remove(oldPath);
  }],
  rmdir: [['dirPath', 'recursive'], ({ dirPath, recursive }) => disk.removeFolder(dirPath, recursive)],
  saveFile: [['tempFilePath', 'filePath'], ({ tempFilePath, filePath }) => save(tempFilePath, filePath), 'savedFilePath'],
  stat: [['path', 'recursive'], ({ path }) => stats(path), 'stats'],
  unlink: [['filePath'], ({ filePath }) => disk.remove(filePath)],
  writeFile: [['filePath', 'data', 'encoding'], ({ filePath, data, encoding }) => disk.write(filePath, asBytes(data, encoding))],
};

function manager() {
  const all = {
    getFileInfo: asynchronous('getFileInfo', fileInfo),
    getSavedFileList: asynchronous('getSavedFileList', () => ({
      fileList: disk.storedFiles().map(([filePath, { bytes, changedAt }]) => ({ filePath, size: bytes.byteLength, createTime: Math.floor(changedAt / 1000) })),
    })),
    removeSavedFile: asynchronous('removeSavedFile', ({ filePath }) => disk.remove(filePath)),
  };
  for (const [name, [order, run, result]] of Object.entries(OPERATIONS)) {
    all[name] = asynchronous(name, async (options) => {
      const value = run(options);
      await disk.settled();
      return result ? { [result]: value } : {};
    });
    all[`${name}Sync`] = synchronous(`${name}Sync`, (...given) => run(Object.fromEntries(order.map((key, i) => [key, given[i]]))));
  }
  return all;
}

export function fileCalls() {
  const one = manager();
  return {
    env: { USER_DATA_PATH: disk.USER_DATA_PATH },
    getFileSystemManager: () => one,
    saveFile: one.saveFile,
    getFileInfo: one.getFileInfo,
    removeSavedFile: one.removeSavedFile,
    getSavedFileList: one.getSavedFileList,
    base64ToArrayBuffer,
    arrayBufferToBase64,
  };
}
