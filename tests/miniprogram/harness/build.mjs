// Compiles an unmodified mini-program for the browser: node build.mjs MINIPROGRAM_FOLDER OUTPUT_FOLDER [NODE_MODULES]
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, transformSync } from 'esbuild';
import { components } from './build/components.mjs';
import { Files } from './build/files.mjs';
import { Scripts } from './build/scripts.mjs';
import { Styles } from './build/styles.mjs';
import { Templates } from './build/templates.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));

/** Write index.html and the assets to `out`; or the problems found, and nothing. */
export function build(folder, out, packages) {
  const problems = [];
  const files = new Files(folder, packages);
  const app = files.json('app.json');
  const graph = components(files, app, problems);
  const templates = new Templates(files, problems);
  const scripts = new Scripts(files, problems);
  for (const [name, { script }] of Object.entries(graph.components)) {
    templates.add(name);
    scripts.add(script);
  }
  scripts.add(files.withEnding('app', ['.ts', '.js']));
  const { pages } = graph;
  const described = { app, pages, components: graph.components, styles: styles(files, graph, problems), theme: files.json(app.themeLocation ?? '') };

  if (problems.length) return problems;

  const code = `window.__app=${JSON.stringify(described)};\n__app.templates=${templates.code()};\n__app.modules=${scripts.code()};`;
  fs.rmSync(out, { recursive: true, force: true });
  for (const name of files.assets()) fs.cpSync(files.real(name), path.join(out, name));
  fs.mkdirSync(out, { recursive: true });
  fs.writeFileSync(path.join(out, 'index.html'), document({ style: own('device.css'), app: minified(code), runtime: runtime() }));
  return problems;
}

const own = (name) => fs.readFileSync(path.join(HERE, 'runtime', name), 'utf8');
const minified = (code) => transformSync(code, { minifyWhitespace: true, minifySyntax: true, charset: 'utf8' }).code;

function runtime() {
  const entryPoints = [path.join(HERE, 'runtime', 'main.mjs')];
  return buildSync({ entryPoints, bundle: true, format: 'iife', target: 'es2022', write: false, minify: true, charset: 'utf8' }).outputFiles[0].text;
}

/** One document, so that opening the app is one exchange: index.html with what it names put in its place. */
function document(parts) {
  const inScript = (code) => code.replaceAll('</script', '<\\/script');
  return own('index.html')
    .replace('/* device.css */', () => parts.style)
    .replace('/* app.js */', () => inScript(parts.app))
    .replace('/* runtime.js */', () => inScript(parts.runtime));
}

function styles(files, graph, problems) {
  const sheets = new Styles(files, problems);
  const made = { app: sheets.css('app.wxss'), components: '', pages: {} };
  for (const [name, { isPage, scope }] of Object.entries(graph.components)) {
    const css = sheets.css(`${name}.wxss`, scope);
    if (isPage) made.pages[name] = css;
    else made.components += css;
  }
  return made;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = build(...process.argv.slice(2));
  problems.forEach((problem) => console.error(problem));
  process.exitCode = problems.length ? 1 : 0;
}
