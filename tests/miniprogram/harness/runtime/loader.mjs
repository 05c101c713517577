// Files and components are loaded when first needed; Page() and Component() belong to the file being loaded.
import { device, PhoneDate } from './device.mjs';
import { space } from './easel.mjs';
import { failed } from './report.mjs';

const { app, components, modules, templates } = window.__app;
const loaded = new Map();
const registering = []; // whose Component() is it: TDesign calls it from a helper module
const known = new Set();
const namedBehaviors = {};
const globals = {};

/** What the files call besides Page, Component and Behavior: {wx, getApp, getCurrentPages, App}. */
export function provide(given) {
  Object.assign(globals, given);
}

/** wx://form-field and its like. */
export function nameBehavior(name, behavior) {
  namedBehaviors[name] = behavior;
}

/** The exports of this file. */
export function load(name) {
  const present = loaded.get(name);
  if (present) return present.exports;
  const module = { exports: {} };
  const definition = modules[name];
  if (!definition) throw new Error(`module ${name} is not defined`);
  loaded.set(name, module);
  const require = (spec) => {
    const target = definition.means[spec];
    if (!target) throw new Error(`${name}: cannot find module ${spec}`);
    return load(target);
  };
  require.async = async (spec) => require(spec);
  const { App, getApp, getCurrentPages, wx } = globals;
  definition.run(require, module, module.exports, Page, Component, Behavior, App, getApp, getCurrentPages, wx, PhoneDate);
  return module.exports;
}

/** Make this page or component, and all it uses, known to the framework. */
export function know(name) {
  if (known.has(name) || !components[name]) return;
  known.add(name);
  const { script, json, scope } = components[name];
  Object.values(json.usingComponents).forEach((used) => know(used.slice(1)));
  Object.values(json.componentGenerics ?? {}).forEach((generic) => generic?.default && know(generic.default.slice(1)));
  space.addComponentStaticConfig(name, json);
  space.addStyleSheet(name, undefined, scope || undefined);
  space.addCompiledTemplate(name, { groupList: templates, content: templates[name] });
  inEnvironment(name, () => load(script));
}

/** Load app.ts; App() is called by it. */
export function loadApp() {
  inEnvironment('app', () => load(Object.keys(modules).find((name) => /^app\.(js|ts)$/.test(name))));
}

/** Whether this is a page of the mini-program. */
export const isPage = (path) => Boolean(components[path]?.isPage);
/** The .json of a page. */
export const pageJson = (path) => components[path].json;
export { app, device };

function inEnvironment(name, run) {
  space.componentEnv(name, (environment) => {
    registering.push(environment);
    try {
      run();
    } catch (error) {
      failed(name, error);
    } finally {
      registering.pop();
    }
  });
}

const Page = (definition) => registering.at(-1).Page(withBehaviors(definition));
const Component = (definition) => registering.at(-1).Component(withBehaviors(definition));
const Behavior = (definition) => registering.at(-1).Behavior(withBehaviors(definition));

function withBehaviors(definition) {
  if (!definition?.behaviors) return definition;
  return { ...definition, behaviors: definition.behaviors.map(meant).filter(Boolean) };
}

function meant(behavior) {
  if (typeof behavior !== 'string') return behavior;
  if (!namedBehaviors[behavior]) failed('behavior', `${behavior} is not known`);
  return namedBehaviors[behavior];
}
