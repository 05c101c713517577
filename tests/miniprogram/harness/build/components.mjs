// Which pages and components there are: a walk from app.json along usingComponents.
import path from 'node:path';

const { posix } = path;
const withoutJson = (name) => name.slice(0, -'.json'.length);

/** {pages, components: {name: {script, isPage, json, scope}}} of the whole mini-program, its problems noted. */
export function components(files, app, problems) {
  const found = {};
  let scopes = 0;

  function visit(name, isPage) {
    if (found[name]) return;
    const script = files.withEnding(name, ['.ts', '.js']);
    if (!script) {
      problems.push(`missing ${isPage ? 'page' : 'component'} ${name}`);
      return;
    }
    const json = files.json(`${name}.json`);
    const isolated = (json.component && !isPage && !/shared$/.test(json.styleIsolation ?? '')) || json.styleIsolation === 'apply-shared';
    const entry = { script, isPage, json: { ...json, usingComponents: {} }, scope: isolated ? `s${scopes++}` : '' };
    found[name] = entry;
    for (const [tag, spec] of Object.entries({ ...app.usingComponents, ...json.usingComponents })) {
      const own = json.usingComponents?.[tag];
      follow(spec, own ? name : 'app.json', (target) => (entry.json.usingComponents[tag] = `/${target}`));
    }
    for (const generic of Object.values(json.componentGenerics ?? {})) {
      if (generic?.default) follow(generic.default, name, (target) => (generic.default = `/${target}`));
    }
  }

  function follow(spec, from, use) {
    const target = files.resolve(spec, from, ['.json']);
    if (!target) {
      problems.push(`${from}: usingComponents ${spec} not found`);
      return;
    }
    use(withoutJson(target));
    visit(withoutJson(target), false);
  }

  const pages = [
    ...app.pages,
    ...(app.subPackages ?? app.subpackages ?? []).flatMap(({ root, pages: own }) => own.map((page) => posix.join(root, page))),
  ];
  pages.forEach((page) => visit(page, true));
  if (app.tabBar?.custom) visit('custom-tab-bar/index', false);
  return { pages, components: found };
}
