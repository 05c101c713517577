// WXML and WXS: compiled by the template compiler that WeChat's own framework uses.
import { createRequire } from 'node:module';
import path from 'node:path';

const { TmplGroup } = createRequire(import.meta.url)('glass-easel-template-compiler');
const { posix } = path;
const WXS_REQUIRE = /require\(\s*['"]([^'"]+)['"]\s*\)/g;

/** WXS is not JavaScript: x.constructor is a string there, and getRegExp keeps its backslashes. */
function asJavaScript(source) {
  return source
    .replace(/require\(\s*(['"])([^'"]+)\.wxs\1\s*\)/g, 'require($1$2$1)')
    .replace(/\.constructor\b/g, '.__wxsConstructor')
    .replace(/getRegExp\(\s*(['"])((?:\\.|(?!\1).)*)\1/g, (_, _quote, body) => `getRegExp(${JSON.stringify(body)}`);
}

export class Templates {
  constructor(files, problems) {
    this.files = files;
    this.problems = problems;
    this.group = TmplGroup.newDev();
    this.seen = new Set();
    this.scripts = new Set();
  }

  /** Add this template (a name without .wxml) with all it imports. */
  add(name) {
    if (this.seen.has(name)) return;
    this.seen.add(name);
    if (!this.files.has(`${name}.wxml`)) {
      this.problems.push(`missing template ${name}.wxml`);
      return;
    }
    for (const found of this.group.addTmpl(name, this.files.text(`${name}.wxml`))) {
      const where = `${found.path}.wxml:${found.startLine + 1}:${found.startColumn + 1}`;
      if (found.isError || !name.startsWith('miniprogram_npm/')) this.problems.push(`${where} ${found.message}`);
    }
    for (const module of this.group.getInlineScriptModuleNames(name)) {
      this.group.setInlineScript(name, module, asJavaScript(this.group.getInlineScript(name, module)));
    }
    this.group.getDirectDependencies(name).forEach((one) => this.add(one));
    this.group.getScriptDependencies(name).forEach((one) => this.#addScript(one, name));
  }

  #addScript(name, from) {
    if (this.scripts.has(name)) return;
    this.scripts.add(name);
    if (!this.files.has(`${name}.wxs`)) {
      this.problems.push(`${from}: missing script ${name}.wxs`);
      return;
    }
    const source = asJavaScript(this.files.text(`${name}.wxs`));
    this.group.addScript(name, source);
    for (const [, spec] of source.matchAll(WXS_REQUIRE)) {
      this.#addScript(posix.join(spec.startsWith('/') ? '' : posix.dirname(name), spec).replace(/^\//, ''), name);
    }
  }

  /** The files read. */
  used() {
    return [...[...this.seen].map((name) => `${name}.wxml`), ...[...this.scripts].map((name) => `${name}.wxs`)];
  }

  /** A JavaScript expression: template name → generator. */
  code() {
    return this.group.getTmplGenObjectGroups();
  }
}
