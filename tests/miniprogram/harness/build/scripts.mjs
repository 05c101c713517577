// TypeScript and JavaScript: one CommonJS function a file, with what each require means already looked up.
import { transformSync } from 'esbuild';

const ENDINGS = ['.ts', '.js', '/index.ts', '/index.js', ''];
/** What WeChat hands every file besides require, module and exports. */
const GLOBALS = 'require,module,exports,Page,Component,Behavior,App,getApp,getCurrentPages,wx,Date';

export class Scripts {
  constructor(files, problems) {
    this.files = files;
    this.problems = problems;
    this.modules = {};
  }

  /** Add this file (a name with its ending) with all it requires. */
  add(name) {
    if (this.modules[name]) return;
    const { code } = transformSync(this.files.text(name), {
      loader: name.endsWith('.ts') ? 'ts' : 'js',
      format: 'cjs',
      target: 'es2020',
      sourcefile: name,
    });
    const means = {};
    this.modules[name] = { code, means };
    for (const [, spec] of code.matchAll(/require\(\s*["']([^"']+)["']\s*\)/g)) {
      const target = this.files.resolve(spec, name, ENDINGS);
      if (!target) {
        this.problems.push(`${name}: cannot find ${spec}`);
        continue;
      }
      means[spec] = target;
      this.add(target);
    }
  }

  /** A JavaScript object literal: file → {means, run}. */
  code() {
    const written = Object.entries(this.modules).map(
      ([name, { code, means }]) =>
        `${JSON.stringify(name)}:{means:${JSON.stringify(means)},run:function(${GLOBALS}){${code}\n//# ${name}\n}}`,
    );
    return `{${written.join(',\n')}}`;
  }
}
