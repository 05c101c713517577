// A whole mini-program read and compiled: its pages, components, templates, scripts and styles, and what is wrong with it.
import path from 'node:path';
import { components } from './components.mjs';
import { Files } from './files.mjs';
import { Scripts } from './scripts.mjs';
import { Styles } from './styles.mjs';
import { Templates } from './templates.mjs';

/** {problems, files, app, pages, components, templates, scripts, styles, used}; `used` names every file that counts. */
export function compile(folder, packages = path.join(folder, 'node_modules')) {
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
  const sheets = new Styles(files, problems);
  const styles = stylesOf(sheets, graph);
  const used = new Set([...templates.used(), ...Object.keys(scripts.modules), ...sheets.used]);
  for (const name of Object.keys(graph.components)) if (files.has(`${name}.json`)) used.add(`${name}.json`);
  return { problems, files, app, ...graph, templates, scripts, styles, used };
}

function stylesOf(sheets, graph) {
  const made = { app: sheets.css('app.wxss'), components: '', pages: {} };
  for (const [name, { isPage, scope }] of Object.entries(graph.components)) {
    const css = sheets.css(`${name}.wxss`, scope);
    if (isPage) made.pages[name] = css;
    else made.components += css;
  }
  return made;
}
