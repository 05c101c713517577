// glass-easel, the component framework of WeChat itself, over this browser's DOM.
import { glassEasel, MiniProgramEnv } from 'glass-easel-miniprogram-adapter';
import { BUILTIN_TAGS } from '../builtins/names.mjs';
import { failed, measured, warned } from './report.mjs';

const OWN_TAGS = new Set(['page', ...BUILTIN_TAGS]);

glassEasel.globalOptions.throwGlobalError = false;
glassEasel.addGlobalErrorListener((error, method) => {
  failed(method?.methodName ?? 'component', error);
  return false;
});
glassEasel.addGlobalWarningListener((text) => {
  warned(text);
  return false;
});
for (const key of ['touches', 'changedTouches']) {
  Object.defineProperty(glassEasel.Event.prototype, key, {
    configurable: true,
    get() {
      return this.detail?.[key] ?? [];
    },
  });
}

// A tap may swap what is under the finger before the browser's click follows; that click must not hit what came.
let touched = null;
addEventListener('touchstart', (event) => (touched = event.target), true);
addEventListener(
  'click',
  (event) => {
    if (!touched || touched.contains(event.target) || event.target.contains(touched)) return;
    event.stopImmediatePropagation();
    event.preventDefault();
  },
  true,
);

const backend = new glassEasel.CurrentWindowBackendContext();
backend.document = {
  createElement: (tag) => document.createElement(OWN_TAGS.has(tag) ? `wx-${tag}` : tag),
  createTextNode: (text) => document.createTextNode(text),
  createDocumentFragment: () => document.createDocumentFragment(),
};
backend.onEvent((target, type, detail, options) => glassEasel.triggerEvent(target, type, detail, options));

export { glassEasel };
const env = new MiniProgramEnv();
export const space = env.createCodeSpace('', true);
const associated = env.associateBackend(backend);

/** A page, not attached yet: {root, component, instance}. */
export function createPage(path) {
  const root = associated.createRoot('page', space, path);
  return { root, component: root.getComponent(), instance: root.get() };
}

/** Every setData of pages and components is weighed on its way. An instance, to reach what all have in common. */
export function weighSetData() {
  space.addComponentStaticConfig('harness/probe', {});
  space.componentEnv('harness/probe', ({ Component }) => Component({}));
  const { root, instance } = createPage('harness/probe');
  let owner = instance;
  while (!Object.hasOwn(owner, 'setData')) owner = Object.getPrototypeOf(owner);
  const { setData } = owner;
  owner.setData = function weighed(data, callback) {
    measured(this.is ?? '', data);
    return setData.call(this, data, callback);
  };
  root.release();
  return instance;
}
