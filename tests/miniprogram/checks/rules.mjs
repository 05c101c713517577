// What holds of the mini-program's sources: node rules.mjs MINIPROGRAM_FOLDER [NODE_MODULES]; says what does not.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from '../harness/build/compile.mjs';

/** Only these rooms may call what the key says. */
const ROOMS = [
  [/\bwx\s*\.\s*(request|uploadFile|downloadFile|connectSocket)\b/, ['api/'], 'the server is spoken to'],
  [/\bwx\s*\.\s*(getLocation|getFuzzyLocation|startLocationUpdate\w*|chooseLocation)\b/, ['capture/'], 'the position is asked for'],
  [/\bwx\s*\.\s*(createCameraContext|chooseMedia|chooseImage|chooseVideo)\b/, ['capture/'], 'the camera is used'],
];
const CAMERA_TAG = /<camera[\s>]/;
const NETWORK_FILE = /(?:url\(\s*['"]?|\bsrc\s*=\s*['"]|@import\s+['"])\s*((?:https?:)?\/\/[^'")\s]+)/g;
const withoutComments = (code) => code.replace(/\/\*[\s\S]*?\*\/|(^|[^:'"`])\/\/.*$/gm, '$1');

/** Sentences, none when all is well. */
export function brokenRules(folder, packages) {
  const compiled = compile(folder, packages);
  const own = ownFiles(folder);
  return [
    ...compiled.problems,
    ...unusedComponents(compiled),
    ...notReached(compiled, own),
    ...own.flatMap((name) => outOfRoom(name, compiled.files.text(name))),
    ...[...compiled.used].flatMap((name) => fromTheNetwork(name, compiled.files)),
  ];
}

function ownFiles(folder) {
  return fs
    .readdirSync(folder, { recursive: true })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => !/^(node_modules|miniprogram_npm)\//.test(name) && /\.(ts|js|wxml|wxs|wxss)$/.test(name));
}

function unusedComponents({ files, app, components }) {
  const templates = Object.keys(components)
    .filter((name) => !name.startsWith('miniprogram_npm/') && files.has(`${name}.wxml`))
    .map((name) => [name, files.text(`${name}.wxml`)]);
  const uses = (wxml, tag) => new RegExp(`<${tag}[\\s/>]`).test(wxml);
  const unused = templates.flatMap(([name, wxml]) =>
    Object.keys(files.json(`${name}.json`).usingComponents ?? {})
      .filter((tag) => !uses(wxml, tag))
      .map((tag) => `${name}.json: usingComponents ${tag} is not used`),
  );
  const everywhere = Object.keys(app.usingComponents ?? {}).filter((tag) => !templates.some(([, wxml]) => uses(wxml, tag)));
  return [...unused, ...everywhere.map((tag) => `app.json: usingComponents ${tag} is not used`)];
}

/** A file that no page leads to is dead, and is uploaded all the same. */
function notReached({ used }, own) {
  return own
    .filter((name) => !used.has(name) && !name.endsWith('.d.ts') && !/(^|\/)eslint\.config/.test(name))
    .map((name) => `${name}: no page leads to it`);
}

function outOfRoom(name, text) {
  const found = [];
  if (/\.(ts|js)$/.test(name) && !name.endsWith('.d.ts')) {
    const code = withoutComments(text);
    for (const [call, rooms, what] of ROOMS) {
      const [said] = code.match(call) ?? [];
      if (said && !rooms.some((room) => name.startsWith(room))) found.push(`${name}: ${said}; ${what} only in ${rooms.join(', ')}`);
    }
  }
  if (name.endsWith('.wxml') && CAMERA_TAG.test(text) && !name.startsWith('capture/')) {
    found.push(`${name}: <camera>; the camera is used only in capture/`);
  }
  return found;
}

/** Fonts and pictures are shipped: who has no signal would not see them. */
function fromTheNetwork(name, files) {
  if (!/\.(wxss|wxml)$/.test(name) || name.startsWith('miniprogram_npm/')) return [];
  return [...files.text(name).matchAll(NETWORK_FILE)].map(([, url]) => `${name}: ${url} would be fetched`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const broken = brokenRules(...process.argv.slice(2));
  broken.forEach((sentence) => console.error(sentence));
  process.exitCode = broken.length ? 1 : 0;
}
