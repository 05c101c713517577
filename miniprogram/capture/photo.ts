/** A photo as it is sent: JPEG (an iPhone's camera gives PNG), 1280 px at most on its longer side, about 400 KB. */

const LONGEST = 1280;
const MOST_BYTES = 400 * 1024;
const QUALITIES = [0.82, 0.7, 0.55, 0.4];

/** What is asked of a canvas, on the screen or off it. */
export interface Canvas {
  width: number;
  height: number;
  createImage(): { onload: unknown; onerror: unknown; src: string };
  getContext(kind: '2d'): { drawImage(image: unknown, x: number, y: number, w: number, h: number): void };
}

/** The path of the JPEG; `path` itself is removed once there is another. On some iPhones drawing off the screen fails:
 * then `spare` is drawn on, a canvas of the page. Falls back on the photo as it came: the server takes PNG, and a large
 * photo beats none. */
export async function asJpeg(path: string, spare: () => Promise<Canvas>): Promise<string> {
  try {
    const info = await wx.getImageInfo({ src: path });
    const scale = Math.min(1, LONGEST / Math.max(info.width, info.height));
    if (info.type === 'jpeg' && scale === 1 && (await bytes(path)) <= MOST_BYTES) return path;
    const size = { width: Math.round(info.width * scale), height: Math.round(info.height * scale) };
    const off = async () => wx.createOffscreenCanvas({ type: '2d', ...size }) as unknown as Canvas;
    const made = await drawn(path, size, off).catch(() => drawn(path, size, spare));
    discard(path);
    return made;
  } catch {
    return path;
  }
}

async function drawn(path: string, size: { width: number; height: number }, get: () => Promise<Canvas>): Promise<string> {
  const canvas = Object.assign(await get(), size);
  const image = canvas.createImage();
  await new Promise<void>((resolve, reject) => {
    image.onload = () => resolve();
    image.onerror = () => reject(new Error('image'));
    image.src = path;
  });
  canvas.getContext('2d').drawImage(image, 0, 0, size.width, size.height);
  const at = { canvas, fileType: 'jpg' as const, destWidth: size.width, destHeight: size.height };
  let out = '';
  for (const quality of QUALITIES) {
    if (out) discard(out);
    out = (await wx.canvasToTempFilePath({ ...at, quality })).tempFilePath;
    if ((await bytes(out)) <= MOST_BYTES) break;
  }
  return out;
}

/** The canvas `#spare` of this component, for phones that draw on no other. */
export function spareOf(component: { createSelectorQuery(): WechatMiniprogram.SelectorQuery }): Promise<Canvas> {
  return new Promise((resolve, reject) => component.createSelectorQuery().select('#spare').node((found) => {
    if (found?.node) resolve(found.node as Canvas);
    else reject(new Error('canvas'));
  }).exec());
}

/** A temporary file that nobody needs any more; WeChat would clear it some day. */
export function discard(path: string): void {
  wx.getFileSystemManager().unlink({ filePath: path, fail: () => undefined });
}

function bytes(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    wx.getFileSystemManager().getFileInfo({ filePath: path, success: (r) => resolve(r.size), fail: (e) => reject(new Error(e.errMsg)) });
  });
}
