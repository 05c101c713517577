/** A photo as it is sent: JPEG (an iPhone's camera gives PNG), 1280 px at most on its longer side, about 400 KB. */

const LONGEST = 1280;
const MOST_BYTES = 400 * 1024;
const QUALITIES = [0.82, 0.7, 0.55, 0.4];

/** The path of the JPEG. Falls back on the photo as it came: the server takes PNG, and a large photo beats none. */
export async function asJpeg(path: string): Promise<string> {
  try {
    const info = await wx.getImageInfo({ src: path });
    if (info.type === 'jpeg' && Math.max(info.width, info.height) <= LONGEST && (await bytes(path)) <= MOST_BYTES) return path;
    return await drawn(path, info.width, info.height);
  } catch {
    return path;
  }
}

async function drawn(path: string, width: number, height: number): Promise<string> {
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  const canvas = wx.createOffscreenCanvas({ type: '2d', width: w, height: h });
  const image = canvas.createImage();
  await new Promise<void>((resolve, reject) => {
    image.onload = () => resolve();
    image.onerror = () => reject(new Error('image'));
    image.src = path;
  });
  canvas.getContext('2d').drawImage(image, 0, 0, w, h);
  let out = path;
  for (const quality of QUALITIES) {
    out = (await wx.canvasToTempFilePath({ canvas, fileType: 'jpg', quality, destWidth: w, destHeight: h })).tempFilePath;
    if ((await bytes(out)) <= MOST_BYTES) break;
  }
  return out;
}

function bytes(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    wx.getFileSystemManager().getFileInfo({ filePath: path, success: (r) => resolve(r.size), fail: (e) => reject(new Error(e.errMsg)) });
  });
}
