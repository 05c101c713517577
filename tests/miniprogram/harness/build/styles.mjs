// WXSS as CSS: @import inlined, rpx by the screen's width, <view> as <wx-view>, a component's classes its own.
import path from 'node:path';
import postcss from 'postcss';
import selectorParser from 'postcss-selector-parser';
import { BUILTIN_TAGS } from '../builtins/names.mjs';

const { posix } = path;
const IMPORT = /@import\s+(?:url\()?['"]([^'"]+)['"]\)?\s*;/g;
const RPX = /(-?(?:\d+\.?\d*|\.\d+))rpx\b/g;
const TAGS = new Set(['page', ...BUILTIN_TAGS]);

const VH = /(-?(?:\d+\.?\d*|\.\d+))vh\b/g;
const SAFE_AREA = /\benv\(\s*(safe-area-inset-\w+)/g;
const DIFFERENT = /rpx|vh|env\(/;

/** Lengths that a browser would take from its own window: the page's is smaller, and the safe area is the phone's. */
const inCss = (value) =>
  value
    .replace(RPX, (_, amount) => `calc(var(--rpx) * ${amount})`)
    .replace(VH, (_, amount) => `calc(var(--vh) * ${amount})`)
    .replace(SAFE_AREA, 'var(--$1');

export class Styles {
  constructor(files, problems) {
    this.files = files;
    this.problems = problems;
    this.used = new Set();
  }

  /** The CSS of one .wxss; with a `scope`, its classes and :host mean that component alone. */
  css(name, scope = '') {
    if (!this.files.has(name)) return '';
    return postcss([translated(scope)]).process(this.#inlined(name, []), { from: undefined }).css;
  }

  #inlined(name, above) {
    this.used.add(name);
    return this.files.text(name).replace(IMPORT, (_, spec) => {
      const target = spec.startsWith('/') ? spec.slice(1) : posix.join(posix.dirname(name), spec);
      if (!this.files.has(target)) {
        this.problems.push(`${name}: @import ${spec} not found`);
        return '';
      }
      return above.includes(target) ? '' : this.#inlined(target, [...above, name]);
    });
  }
}

function translated(scope) {
  const done = new WeakSet();
  return {
    postcssPlugin: 'wxss',
    Declaration(declaration) {
      if (DIFFERENT.test(declaration.value)) declaration.value = inCss(declaration.value);
    },
    AtRule(rule) {
      if (rule.params.includes('rpx')) rule.params = inCss(rule.params);
    },
    Rule(rule) {
      if (done.has(rule) || rule.parent?.name?.endsWith('keyframes')) return;
      done.add(rule);
      rule.selector = selectorParser((root) => rewrite(root, scope)).processSync(rule.selector);
    },
  };
}

function rewrite(root, scope) {
  root.walkTags((tag) => {
    if (TAGS.has(tag.value)) tag.value = `wx-${tag.value}`;
  });
  if (!scope) return;
  root.walkClasses((one) => {
    one.value = `${scope}--${one.value}`;
  });
  root.walkPseudos((pseudo) => {
    if (pseudo.value !== ':host') return;
    const host = { attribute: 'wx-host', operator: '=', value: scope, quoteMark: '"' };
    pseudo.replaceWith(selectorParser.attribute(host));
  });
}
