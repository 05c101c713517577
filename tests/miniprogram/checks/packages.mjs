// Compiles the mini-program as an upload would, with miniprogram-ci and without a network, and weighs its packages:
// node packages.mjs MINIPROGRAM_FOLDER
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MOST = { main: 1024 * 1024, sub: 2 * 1024 * 1024, all: 30 * 1024 * 1024 };
const SETTING = { es6: true, es7: true, minify: true, minifyJS: true, minifyWXML: true, minifyWXSS: true };

/** {package: bytes} of what would be uploaded; '' is the main package. Throws what miniprogram-ci says. */
export async function weigh(named) {
  const folder = path.resolve(named);
  const ci = createRequire(path.join(folder, 'package.json'))('miniprogram-ci');
  const { DefaultProjectAttr } = createRequire(path.join(folder, 'package.json'))('miniprogram-ci/dist/config/config');
  ci.proxy('http://127.0.0.1:1'); // it asks WeChat for lists that it can do without; nobody is there, and at once
  const project = new ci.Project({
    appid: 'touristappid',
    type: 'miniProgram',
    projectPath: folder,
    privateKey: 'not needed to compile',
    ignores: ['node_modules/**/*'],
    attr: async () => DefaultProjectAttr, // else it asks WeChat about the appid
  });
  const out = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'miniprogram-')), 'compiled.zip');
  process.chdir(path.dirname(out)); // it leaves an empty folder where it is called
  const compiled = await ci.getCompiledResult({ project, version: '0.0.1', desc: 'check', setting: SETTING, onProgressUpdate() {} }, out);
  const app = JSON.parse(fs.readFileSync(path.join(folder, 'app.json'), 'utf8'));
  const roots = (app.subPackages ?? app.subpackages ?? []).map(({ root }) => `${root.replace(/\/$/, '')}/`);
  const sizes = Object.fromEntries(['', ...roots].map((root) => [root, 0]));
  for (const [name, content] of Object.entries(compiled)) {
    sizes[roots.find((root) => name.startsWith(root)) ?? ''] += Buffer.byteLength(content);
  }
  fs.rmSync(path.dirname(out), { recursive: true });
  return sizes;
}

/** Sentences about packages that are too large. */
export function tooLarge(sizes) {
  const over = Object.entries(sizes).filter(([root, bytes]) => bytes > (root ? MOST.sub : MOST.main));
  const all = Object.values(sizes).reduce((sum, bytes) => sum + bytes, 0);
  return [
    ...over.map(([root, bytes]) => `${root || 'the main package'} is ${bytes} bytes, over ${root ? MOST.sub : MOST.main}`),
    ...(all > MOST.all ? [`all packages together are ${all} bytes, over ${MOST.all}`] : []),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [log, noise] = [console.log, []]; // miniprogram-ci talks; what it said is told when it fails
  console.log = console.info = console.warn = console.error = (...said) => noise.push(said.join(' '));
  try {
    const sizes = await weigh(process.argv[2]);
    console.log = console.error = log;
    const said = Object.entries(sizes).map(([root, bytes]) => `${root || 'main'} ${Math.ceil(bytes / 1024)} KB`);
    console.log(`mini-program compiles: ${said.join(', ')}`);
    const broken = tooLarge(sizes);
    broken.forEach((sentence) => console.error(sentence));
    process.exit(broken.length ? 1 : 0);
  } catch (error) {
    process.stderr.write(`${noise.join('\n')}\n${error.message ?? error}\n`);
    process.exit(1);
  }
}
