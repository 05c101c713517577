// What a test looks at when the story is over: errors, wx.* calls, those that were missing, and how large setData was.
const MOST_CALLS = 2000;

export const report = (window.__report = {
  errors: [],
  warnings: [],
  missing: [],
  calls: [],
  largestSetData: { bytes: 0, where: '' },
  readyAtMs: null, // when the first page could be used, after the app was opened
});

export function failed(where, error) {
  const text = `${where}: ${error?.stack ?? error?.errMsg ?? JSON.stringify(error) ?? error}`;
  report.errors.push(text);
  console.error(text);
}

export function warned(text) {
  if (!report.warnings.includes(text)) report.warnings.push(text);
}

export function called(name, options) {
  if (report.calls.length < MOST_CALLS) report.calls.push({ name, options: plain(options) });
}

export function missing(name) {
  if (report.missing.includes(name)) return;
  report.missing.push(name);
  console.warn(`wx.${name} is not in the harness`);
}

/** WeChat carries setData across a bridge as JSON: its bytes are what a slow phone pays for. */
export function measured(where, data) {
  const bytes = new TextEncoder().encode(JSON.stringify(data) ?? '').length;
  if (bytes > report.largestSetData.bytes) report.largestSetData = { bytes, where };
}

function plain(value) {
  try {
    return JSON.parse(JSON.stringify(value ?? null));
  } catch {
    return String(value);
  }
}

addEventListener('error', (event) => failed('error', event.error ?? event.message));
addEventListener('unhandledrejection', (event) => report.dead || failed('unhandled rejection', event.reason));
