// Compiles an unmodified mini-program for the browser: node build.mjs MINIPROGRAM_FOLDER OUTPUT_FOLDER [NODE_MODULES]
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, transformSync } from 'esbuild';
import { compile } from './build/compile.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));

/** Write index.html and the assets to `out`; or the problems found, and nothing. */
export function build(folder, out, packages) {
  const { problems, files, app, pages, components, templates, scripts, styles } = compile(folder, packages);
  if (problems.length) return problems;

  const theme = files.json(app.themeLocation ?? '');
  const described = JSON.stringify({ app, pages, components, styles, theme });
  const code = `window.__app=${described};\n__app.templates=${templates.code()};\n__app.modules=${scripts.code()};`;
  fs.rmSync(out, { recursive: true, force: true });
  for (const name of files.assets()) fs.cpSync(files.real(name), path.join(out, name));
  fs.mkdirSync(out, { recursive: true });
  const page = document({ style: own('device.css'), app: minified(code), runtime: runtime() });
  fs.writeFileSync(path.join(out, 'index.html'), page);
  return [];
}

const own = (name) => fs.readFileSync(path.join(HERE, 'runtime', name), 'utf8');
const minified = (code) => transformSync(code, { minifyWhitespace: true, minifySyntax: true, charset: 'utf8' }).code;

function runtime() {
  const entryPoints = [path.join(HERE, 'runtime', 'main.mjs')];
  const options = { bundle: true, format: 'iife', target: 'es2022', write: false, minify: true, charset: 'utf8' };
  return buildSync({ entryPoints, ...options }).outputFiles[0].text;
}

/** One document, so that opening the app is one exchange: index.html with what it names put in its place. */
function document({ style, app, runtime: rest }) {
  const inScript = (code) => code.replaceAll('</script', '<\\/script');
  return own('index.html')
    .replace('/* device.css */', () => style)
    .replace('/* app.js */', () => inScript(app))
    .replace('/* runtime.js */', () => inScript(rest));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = build(...process.argv.slice(2));
  problems.forEach((problem) => console.error(problem));
  process.exitCode = problems.length ? 1 : 0;
}
