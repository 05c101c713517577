// Puts into miniprogram_npm what the mini-program uses of its packages, and no more: node pack.mjs MINIPROGRAM_FOLDER
// WeChat's own 构建 npm takes the whole of TDesign, 2 MB; and its icon font, which is fetched from the network, goes.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from '../harness/build/compile.mjs';

const NETWORK_FONT = /@font-face\s*\{[^}]*url\(\s*['"]?(?:https?:)?\/\/[^}]*\}/g;

/** The bytes written to folder/miniprogram_npm. */
export function pack(folder, packages) {
  const { problems, files, used } = compile(folder, packages);
  if (problems.length) throw new Error(problems.join('\n'));
  const home = path.join(folder, 'miniprogram_npm');
  fs.rmSync(home, { recursive: true, force: true });
  let bytes = 0;
  for (const name of [...used].filter((one) => one.startsWith('miniprogram_npm/'))) {
    const text = name.endsWith('.wxss') ? files.text(name).replace(NETWORK_FONT, '') : files.text(name);
    const target = path.join(folder, name);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, text);
    bytes += Buffer.byteLength(text);
  }
  return bytes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`miniprogram_npm: ${pack(...process.argv.slice(2))} bytes`);
}
