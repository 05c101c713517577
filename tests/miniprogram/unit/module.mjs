// A module of the mini-program, bundled as it is, for a test of what is pure in it.
import path from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = path.resolve(import.meta.dirname, '../../../miniprogram');

/** The exports of miniprogram/<name>.ts. */
export async function load(name) {
  const built = buildSync({ entryPoints: [path.join(ROOT, `${name}.ts`)], bundle: true, format: 'esm', write: false, target: 'node20' });
  return import(`data:text/javascript;base64,${Buffer.from(built.outputFiles[0].text).toString('base64')}`);
}
