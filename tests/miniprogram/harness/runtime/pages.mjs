// The stack of pages and how one gets from one to another; tab pages stay alive, as in WeChat.
import { createPage } from './easel.mjs';
import { barsOf, drawFrame, isTab } from './frame.mjs';
import { app, isPage, know, pageJson } from './loader.mjs';
import { failed, report } from './report.mjs';

const MOST_PAGES = 10;
const REACHED_PX = 50;
const stack = [];
const tabPages = new Map();
const sheets = new Map(); // path → <style>: a page's own sheet counts only while it is on top
const byId = (id) => document.getElementById(id);

export const top = () => stack.at(-1);
export const currentPages = () => stack.map(({ instance }) => instance);

/** Call a page's own method; what goes wrong in it is in the report, not thrown. */
export function tell(page, method, ...given) {
  const run = page?.instance[method];
  if (typeof run !== 'function') return undefined;
  const at = `${page.path}.${method}`;
  try {
    const answer = run.apply(page.instance, given);
    answer?.catch?.((error) => failed(at, error));
    return answer;
  } catch (error) {
    failed(at, error);
    return undefined;
  }
}

export function show(page) {
  for (const [path, sheet] of sheets) sheet.disabled = path !== page.path;
  page.webview.hidden = false;
  drawFrame(page, stack.length, { back: () => navigate.back(1), toTab });
  tell(page, 'onShow');
  page.component.triggerPageLifetime('show', []);
}

export function hide(page) {
  if (!page || page.webview.hidden) return;
  tell(page, 'onHide');
  page.component.triggerPageLifetime('hide', []);
  page.webview.hidden = true;
}

function open(url) {
  const { path, query } = parsed(url);
  know(path);
  useSheet(path);
  const webview = byId('screen').appendChild(document.createElement('div'));
  webview.className = 'webview';
  const page = { path, webview, ...createPage(path) };
  Object.assign(page.instance, { route: path, __route__: path, options: query });
  stack.push(page);
  if (isTab(path)) tabPages.set(path, page);
  const bars = barsOf(path);
  webview.classList.toggle('barred', bars.bar);
  webview.classList.toggle('tabbed', bars.tabs);
  webview.style.setProperty('--vh', `${webview.clientHeight / 100}px`);
  tell(page, 'onLoad', query);
  page.root.attach(webview, webview.appendChild(document.createElement('i')));
  page.element = page.component.getBackendElement();
  page.element.dataset.path = path;
  page.element.addEventListener('scroll', () => scrolled(page));
  show(page);
  requestAnimationFrame(() => {
    tell(page, 'onReady');
    page.ready = true;
    report.readyAtMs ??= performance.now();
  });
  return page;
}

function useSheet(path) {
  if (sheets.has(path)) return;
  const sheet = document.createElement('style');
  sheet.textContent = window.__app.styles.pages[path] ?? '';
  document.head.append(sheet);
  sheets.set(path, sheet);
  for (const [other, one] of sheets) one.disabled = other !== path;
}

function scrolled(page) {
  const { scrollTop, scrollHeight, clientHeight } = page.element;
  tell(page, 'onPageScroll', { scrollTop });
  const below = scrollHeight - scrollTop - clientHeight;
  const reach = pageJson(page.path).onReachBottomDistance ?? app.window?.onReachBottomDistance ?? REACHED_PX;
  if (below < reach && !page.atBottom) tell(page, 'onReachBottom');
  page.atBottom = below < reach;
}

function close(page) {
  tell(page, 'onUnload');
  page.root.release();
  page.webview.remove();
  if (tabPages.get(page.path) === page) tabPages.delete(page.path);
}

function toTab(path, index) {
  const again = top().path === path;
  if (!again) navigate.tab(`/${path}`);
  tell(top(), 'onTabItemTap', { index: String(index), pagePath: path, text: app.tabBar.list[index].text });
}

/** {path, query} of a page's url, absolute or relative to the page on top; values stay as they are encoded. */
export function parsed(url) {
  const [where, rest = ''] = url.split('?');
  const path = where.startsWith('/') ? where.slice(1) : new URL(where, `http://app/${top()?.path ?? ''}`).pathname.slice(1);
  const pairs = rest.split('&').filter(Boolean).map((pair) => {
    const [key, ...value] = pair.split('=');
    return [key, value.join('=')];
  });
  if (!isPage(path)) throw new Error(`page "${path}" is not found`);
  return { path, query: Object.fromEntries(pairs) };
}

const absolute = (url) => `/${parsed(url).path}${url.includes('?') ? url.slice(url.indexOf('?')) : ''}`;

export const navigate = {
  to(url) {
    if (stack.length >= MOST_PAGES) throw new Error('webview count limit exceed');
    const target = absolute(url);
    if (isTab(parsed(target).path)) throw new Error('can not navigateTo a tabbar page');
    hide(top());
    return open(target);
  },
  replace(url) {
    const target = absolute(url);
    if (isTab(parsed(target).path)) throw new Error('can not redirectTo a tabbar page');
    close(stack.pop());
    return open(target);
  },
  relaunch(url) {
    const target = absolute(url);
    for (const page of [...tabPages.values()].filter((one) => !stack.includes(one))) close(page);
    while (stack.length) close(stack.pop());
    return open(target);
  },
  tab(url) {
    const { path } = parsed(url);
    if (!isTab(path)) throw new Error('can not switch to no-tabBar page');
    while (stack.length > 1) close(stack.pop());
    const [current] = stack;
    if (current?.path === path) {
      if (current.webview.hidden) show(current);
      return current;
    }
    if (current && isTab(current.path)) hide(current);
    else if (current) close(current);
    stack.length = 0;
    const kept = tabPages.get(path);
    if (!kept) return open(`/${path}`);
    stack.push(kept);
    show(kept);
    return kept;
  },
  back(delta = 1) {
    if (stack.length < 2) throw new Error('cannot navigate back at first page.');
    for (let left = delta; left > 0 && stack.length > 1; left--) close(stack.pop());
    show(top());
    return top();
  },
};
