// Photos: what the camera sees, taken as Android (JPEG) and iOS (PNG) do; sizes, re-encoding, canvases.
import { picture, sheet } from '../runtime/dialogs.mjs';
import { device } from '../runtime/device.mjs';
import { asPhoneCanvas, cameraOnScreen } from '../builtins/media.mjs';
import { asynchronous, Failure, synchronous } from './call.mjs';
import { blobOf, entryOf, fileUrl, temporary } from './disk.mjs';
import { requirePrivacy } from './permissions.mjs';
import { loseTap } from './tap.mjs';

const [WIDTH, HEIGHT] = [960, 1280];
const ENDINGS = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp', 'image/gif': 'gif' };
let drawn = null;

const bytesOf = async (blob) => new Uint8Array(await blob.arrayBuffer());
const asBlob = (canvas, type, quality) => new Promise((done) => canvas.toBlob(done, type, quality));

function canvasOf(width, height) {
  return Object.assign(document.createElement('canvas'), { width, height });
}

/** Somebody in front of somewhere; never twice the same. */
function drawSomebody() {
  const canvas = canvasOf(WIDTH, HEIGHT);
  const context = canvas.getContext('2d');
  const hue = () => `hsl(${Math.random() * 360} 45% ${30 + Math.random() * 40}%)`;
  context.fillStyle = hue();
  context.fillRect(0, 0, WIDTH, HEIGHT);
  for (let i = 0; i < 60; i++) {
    context.fillStyle = hue();
    context.fillRect(Math.random() * WIDTH, Math.random() * HEIGHT, 40 + Math.random() * 160, 30 + Math.random() * 120);
  }
  context.fillStyle = '#f2c9a1';
  context.beginPath();
  context.arc(WIDTH / 2 + (Math.random() - 0.5) * 200, HEIGHT * 0.42, WIDTH * 0.22, 0, 7);
  context.fill();
  context.fillStyle = '#35506b';
  context.fillRect(WIDTH * 0.2, HEIGHT * 0.68, WIDTH * 0.6, HEIGHT * 0.32);
  return asBlob(canvas, 'image/jpeg', 0.85);
}

/** The photo before the lens, as a Blob: the test's own, or drawn. */
async function seen() {
  if (!device.photo) return (drawn ??= await drawSomebody());
  const [head, body] = device.photo.split(',');
  return new Blob([Uint8Array.from(atob(body), (one) => one.charCodeAt(0))], { type: head.match(/data:([^;]+)/)[1] });
}

export const seenUrl = async () => device.photo || URL.createObjectURL(await seen());

async function takePhoto() {
  if (!cameraOnScreen()) throw new Failure('camera is not ready');
  const photo = await seen();
  drawn = null;
  if (device.platform !== 'ios') return { tempImagePath: temporary(await bytesOf(photo), 'jpg', 'image/jpeg') };
  const image = await createImageBitmap(photo);
  const canvas = canvasOf(image.width, image.height);
  canvas.getContext('2d').drawImage(image, 0, 0);
  return { tempImagePath: temporary(await bytesOf(await asBlob(canvas, 'image/png')), 'png', 'image/png') };
}

async function chooseMedia({ sourceType = ['album', 'camera'] }) {
  await requirePrivacy('chooseMedia');
  if (sourceType.length > 1 && (await sheet(['拍摄', '从相册选择'])) === null) throw new Failure('cancel');
  if (device.answers.photo === false) throw new Failure('cancel');
  const photo = await seen();
  drawn = null;
  loseTap();
  const tempFilePath = temporary(await bytesOf(photo), ENDINGS[photo.type] ?? 'jpg', photo.type);
  return { type: 'image', tempFiles: [{ tempFilePath, size: photo.size, fileType: 'image' }] };
}

async function imageInfo({ src }) {
  const blob = src.startsWith('wxfile://') ? blobOf(src) : await (await fetch(fileUrl(src))).blob();
  const image = await createImageBitmap(blob).catch(() => null);
  if (!image) throw new Failure('decode image fail');
  return { width: image.width, height: image.height, path: src, orientation: 'up', type: (blob.type.split('/')[1] || 'unknown') };
}

/** As on a phone: an iPhone compresses JPEG only. */
async function compress({ src, quality = 80, compressedWidth, compressedHeight }) {
  const blob = blobOf(src);
  if (device.platform === 'ios' && blob.type !== 'image/jpeg') return { tempFilePath: src };
  const image = await createImageBitmap(blob);
  const scale = Math.min(1, (compressedWidth || image.width) / image.width, (compressedHeight || image.height) / image.height);
  const canvas = canvasOf(Math.round(image.width * scale), Math.round(image.height * scale));
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  const made = await asBlob(canvas, 'image/jpeg', quality / 100);
  return { tempFilePath: temporary(await bytesOf(made), 'jpg', 'image/jpeg') };
}

async function fromCanvas({ canvas, canvasId, x = 0, y = 0, width, height, destWidth, destHeight, fileType = 'png', quality = 1 }) {
  const source = canvas ?? document.querySelector(`wx-canvas[canvas-id="${canvasId}"] canvas`);
  if (!source) throw new Failure('canvas is empty');
  const [w, h] = [width ?? source.width, height ?? source.height];
  const target = canvasOf(Math.round(destWidth ?? w), Math.round(destHeight ?? h));
  target.getContext('2d').drawImage(source, x, y, w, h, 0, 0, target.width, target.height);
  const type = fileType === 'jpg' ? 'image/jpeg' : 'image/png';
  const blob = await asBlob(target, type, quality);
  return { tempFilePath: temporary(await bytesOf(blob), fileType === 'jpg' ? 'jpg' : 'png', type) };
}

export function photoCalls() {
  return {
    createCameraContext: () => ({ takePhoto: asynchronous('takePhoto', takePhoto), setZoom: asynchronous('setZoom', () => ({})) }),
    chooseMedia: asynchronous('chooseMedia', chooseMedia),
    getImageInfo: asynchronous('getImageInfo', imageInfo),
    compressImage: asynchronous('compressImage', compress),
    canvasToTempFilePath: asynchronous('canvasToTempFilePath', fromCanvas),
    createOffscreenCanvas: synchronous('createOffscreenCanvas', ({ width = 300, height = 150 } = {}) => asPhoneCanvas(canvasOf(width, height))),
    previewImage: asynchronous('previewImage', ({ urls, current }) => picture(fileUrl(current ?? urls[0]))),
    previewMedia: asynchronous('previewMedia', ({ sources, current = 0 }) => picture(fileUrl(sources[current].url))),
    saveImageToPhotosAlbum: asynchronous('saveImageToPhotosAlbum', ({ filePath }) => void entryOf(filePath)),
  };
}
