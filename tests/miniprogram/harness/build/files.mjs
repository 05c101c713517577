// The mini-program's files by their own names: what stands in its folder, and miniprogram_npm straight from node_modules.
import fs from 'node:fs';
import path from 'node:path';

const { posix } = path;

export class Files {
  /** `root` is the folder of app.json; what stands in its miniprogram_npm is read from `packages`. */
  constructor(root, packages = path.join(root, 'node_modules')) {
    this.root = path.resolve(root);
    this.packages = path.resolve(packages);
  }

  /** Where this file of the mini-program is on the disk, whether it exists or not. */
  real(name) {
    const own = path.join(this.root, name);
    if (!name.startsWith('miniprogram_npm/')) return own;
    const [, packageName, rest] = name.match(/^miniprogram_npm\/((?:@[^/]+\/)?[^/]+)\/?(.*)$/);
    const home = path.join(this.packages, packageName);
    const manifest = path.join(home, 'package.json');
    if (!fs.existsSync(manifest)) return own;
    const folder = JSON.parse(fs.readFileSync(manifest, 'utf8')).miniprogram ?? 'miniprogram_dist';
    return path.join(home, folder, rest);
  }

  has(name) {
    return fs.statSync(this.real(name), { throwIfNoEntry: false })?.isFile() ?? false;
  }

  text(name) {
    return fs.readFileSync(this.real(name), 'utf8');
  }

  json(name) {
    return this.has(name) ? JSON.parse(this.text(name)) : {};
  }

  /** The first of name + ending that exists. */
  withEnding(name, endings) {
    return endings.map((ending) => name + ending).find((candidate) => this.has(candidate));
  }

  /** What `spec`, written in the file `from`, means: absolute, relative, then miniprogram_npm upwards, as WeChat does. */
  resolve(spec, from, endings) {
    if (spec.startsWith('/')) return this.withEnding(spec.slice(1), endings);
    const beside = this.withEnding(posix.join(posix.dirname(from), spec), endings);
    if (beside || spec.startsWith('.')) return beside;
    for (let folder = posix.dirname(from); ; folder = posix.dirname(folder)) {
      const found = this.withEnding(posix.join(folder, 'miniprogram_npm', spec), endings);
      if (found || folder === '.') return found;
    }
  }

  /** Pictures and fonts that the mini-program ships, by name. */
  assets() {
    return fs
      .readdirSync(this.root, { recursive: true })
      .map((name) => name.split(path.sep).join('/'))
      .filter((name) => !name.startsWith('node_modules/') && /\.(png|jpe?g|gif|svg|webp|ttf|woff2?)$/.test(name));
  }
}
