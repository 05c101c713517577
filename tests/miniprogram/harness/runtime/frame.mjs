// What WeChat draws around a page: status and navigation bar above, the tab bar below; in the theme's colours.
import { device, onDevice } from './device.mjs';
import { app, pageJson } from './loader.mjs';

const { theme: themes } = window.__app;
const dark = matchMedia('(prefers-color-scheme: dark)');
const byId = (id) => document.getElementById(id);
const badges = new Map(); // tab index → {text} or {dot}
let tabBarHidden = false;
let drawn = null;

export const theme = () => (app.darkmode && dark.matches ? 'dark' : 'light');
export const onTheme = (listener) => dark.addEventListener('change', () => listener({ theme: theme() }));

/** A value of app.json or a page's json; '@name' stands in theme.json. */
const meant = (value) => (value?.startsWith?.('@') ? themes?.[theme()]?.[value.slice(1)] : value);

export const isTab = (path) => tabs().some(({ pagePath }) => pagePath === path);
const tabs = () => app.tabBar?.list ?? [];

/** {bar, tabs}: which of the bars this page has. */
export function barsOf(path) {
  const style = pageJson(path).navigationStyle ?? app.window?.navigationStyle;
  return { bar: style !== 'custom', tabs: isTab(path) && !app.tabBar.custom && !tabBarHidden };
}

/** Draw both bars for the page on top. `back` and `toTab` are what a tap on them does. */
export function drawFrame(page, depth, { back, toTab }) {
  drawn = [page, depth, { back, toTab }];
  const json = { ...app.window, ...pageJson(page.path), ...page.barColours };
  const bars = barsOf(page.path);
  page.webview.classList.toggle('barred', bars.bar);
  page.webview.classList.toggle('tabbed', bars.tabs);
  byId('bar').hidden = !bars.bar;
  byId('bar').style.background = meant(json.navigationBarBackgroundColor) ?? '#fff';
  byId('bar').style.color = meant(json.navigationBarTextStyle) === 'white' ? '#fff' : '#000';
  byId('title').textContent = page.title ?? json.navigationBarTitleText ?? '';
  byId('back').hidden = depth < 2;
  byId('back').onclick = back;
  page.webview.style.background = meant(json.backgroundColor) ?? '#fff';
  drawTabs(page.path, bars.tabs, toTab);
  page.webview.style.setProperty('--vh', `${page.webview.clientHeight / 100}px`);
}

function drawTabs(path, shown, toTab) {
  const bar = byId('tabs');
  bar.hidden = !shown;
  if (!shown) return;
  const { color = '#7f8389', selectedColor = '#07c160', backgroundColor = '#fff' } = app.tabBar;
  bar.style.background = meant(backgroundColor);
  bar.replaceChildren(
    ...tabs().map((tab, index) => {
      const on = tab.pagePath === path;
      const button = document.createElement('button');
      button.style.color = meant(on ? selectedColor : color);
      button.setAttribute('aria-current', String(on));
      const icon = meant(on ? (tab.selectedIconPath ?? tab.iconPath) : tab.iconPath);
      if (icon) button.append(Object.assign(new Image(), { src: icon, alt: '' }));
      button.append(Object.assign(document.createElement('span'), { textContent: tab.text }), ...badge(index));
      button.onclick = () => toTab(tab.pagePath, index);
      return button;
    }),
  );
}

function badge(index) {
  const { text, dot } = badges.get(index) ?? {};
  if (!text && !dot) return [];
  return [Object.assign(document.createElement('b'), { className: dot ? 'dot' : 'badge', textContent: text ?? '' })];
}

export const redraw = () => drawn && drawFrame(...drawn);

/** wx.setTabBarBadge and its like; null takes it away. */
export function setBadge(index, value) {
  if (value) badges.set(index, value);
  else badges.delete(index);
  redraw();
}

export function hideTabBar(hidden) {
  tabBarHidden = hidden;
  redraw();
}

dark.addEventListener('change', redraw);

function applyDevice() {
  const root = document.documentElement.style;
  root.setProperty('--status-bar', `${device.statusBarPx}px`);
  root.setProperty('--home-bar', `${device.homeBarPx}px`);
}
applyDevice();
onDevice('statusBarPx', applyDevice);
