// Compiles an unmodified mini-program for the browser: node build.mjs MINIPROGRAM_FOLDER OUTPUT_FOLDER [NODE_MODULES]
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { components } from './build/components.mjs';
import { Files } from './build/files.mjs';
import { Scripts } from './build/scripts.mjs';
import { Styles } from './build/styles.mjs';
import { Templates } from './build/templates.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));

/** Write index.html, app.js, runtime.js and the assets to `out`; the problems found, none if it may be run. */
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

  fs.rmSync(out, { recursive: true, force: true });
  fs.mkdirSync(out, { recursive: true });
  fs.writeFileSync(
    path.join(out, 'app.js'),
    `window.__app=${JSON.stringify(described)};\n__app.templates=${templates.code()};\n__app.modules=${scripts.code()};\n`,
  );
  const entry = path.join(HERE, 'runtime', 'main.mjs');
  buildSync({ entryPoints: [entry], bundle: true, format: 'iife', outfile: path.join(out, 'runtime.js'), target: 'es2022' });
  for (const name of ['index.html', 'device.css']) fs.copyFileSync(path.join(HERE, 'runtime', name), path.join(out, name));
  for (const name of files.assets()) fs.cpSync(files.real(name), path.join(out, name));
  return problems;
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
