// What only shows: view, text, image, icon, progress, rich-text, and where they lead.
import { fileUrl } from '../wx/disk.mjs';
import { ANY, attribute, define, elementOf, fire } from './define.mjs';

const FIT = { aspectFit: 'contain', aspectFill: 'cover', scaleToFill: 'fill' };
const MARKS = { success: '✔', success_no_circle: '✓', info: 'ⓘ', warn: '⚠', waiting: '◔', cancel: '✕', download: '⇩', search: '⌕', clear: '⊗' };

export function defineViews(wx) {
  for (const name of ['view', 'cover-view', 'root-portal', 'navigation-bar', 'match-media', 'video', 'web-view']) define(name);
  define('movable-area');
  define('movable-view', { properties: { x: ANY, y: ANY, direction: String, disabled: Boolean } });
  define('page-container', { properties: { show: Boolean, round: Boolean, position: String, duration: Number } });
  define('text', { properties: { selectable: Boolean, userSelect: Boolean, decode: Boolean, space: String } });
  for (const name of ['image', 'cover-image']) defineImage(name);
  define('icon', {
    properties: { type: String, size: ANY, color: String },
    watch: {
      'type, size, color': (component, type, size, color) => {
        const element = elementOf(component);
        element.textContent = MARKS[type] ?? '';
        element.style.cssText = `${size ? `font-size:${parseFloat(size)}px;` : ''}${color ? `color:${color}` : ''}`;
      },
    },
  });
  define('progress', {
    properties: { percent: Number, activeColor: String, showInfo: Boolean, strokeWidth: ANY },
    made: (component, element) => element.append(document.createElement('i')),
    watch: {
      'percent, activeColor': (component, percent, colour) => {
        const bar = elementOf(component).querySelector('i');
        bar.style.width = `${percent}%`;
        if (colour) bar.style.background = colour;
      },
    },
  });
  define('rich-text', {
    properties: { nodes: ANY, space: String },
    watch: { nodes: (component, nodes) => elementOf(component).replaceChildren(...richNodes(nodes)) },
  });
  define('navigator', {
    properties: { url: String, openType: String, delta: Number },
    tapped: ({ data }) => wx[data.openType || 'navigateTo']({ url: data.url, delta: data.delta || 1 }),
  });
  define('page-meta', {
    properties: { rootFontSize: String, pageFontSize: String, rootBackgroundColor: String, pageStyle: String },
    watch: { 'rootFontSize, pageFontSize, pageStyle': setPageMeta(wx) },
  });
}

function defineImage(name) {
  define(name, {
    properties: { src: String, mode: String, lazyLoad: Boolean, showMenuByLongpress: Boolean, webp: Boolean },
    made(component, element) {
      const image = element.appendChild(new Image());
      image.alt = '';
      image.onload = () => fire(component, 'load', { width: image.naturalWidth, height: image.naturalHeight });
      image.onerror = () => fire(component, 'error', { errMsg: `GET ${component.data.src} fail` });
    },
    watch: {
      'src, mode': (component, source, mode) => {
        const image = elementOf(component).querySelector('img');
        if (source) image.src = fileUrl(source);
        else image.removeAttribute('src');
        image.style.objectFit = FIT[mode] ?? 'fill';
        if (mode === 'widthFix') elementOf(component).style.height = image.style.height = 'auto';
        if (mode === 'heightFix') elementOf(component).style.width = image.style.width = 'auto';
      },
    },
  });
}

function richNodes(nodes) {
  if (typeof nodes === 'string') return [...new DOMParser().parseFromString(nodes, 'text/html').body.childNodes];
  return (nodes ?? []).map((node) => {
    if (node.type === 'text') return document.createTextNode(node.text);
    const element = document.createElement(node.name);
    for (const [key, value] of Object.entries(node.attrs ?? {})) element.setAttribute(key, value);
    element.append(...richNodes(node.children));
    return element;
  });
}

/** Text grows with the person's setting in WeChat only where the page asks for it. */
const setPageMeta = (wx) => (component, root, page, style) => {
  const system = `${wx.getAppBaseInfo().fontSizeSetting}px`;
  const inWords = (size) => (size === 'system' ? system : size);
  const owner = elementOf(component).closest('wx-page');
  if (root) document.documentElement.style.fontSize = inWords(root);
  if (owner && style) owner.style.cssText = style;
  if (owner && page) owner.style.fontSize = inWords(page);
  attribute(component, 'data-font', root || page);
};
