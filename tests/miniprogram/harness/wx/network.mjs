// Real HTTP: wx.request, uploadFile and downloadFile by fetch; the network's kind and its changes.
import { device, located, onDevice } from '../runtime/device.mjs';
import { asynchronous, emit, Failure, listening } from './call.mjs';
import { blobOf, temporary } from './disk.mjs';
import { loseTap } from './tap.mjs';

const TIMEOUT_MS = 60_000;
const NO_NETWORK = 'errcode:-106 cronet_error_code:-106 error_msg:net::ERR_INTERNET_DISCONNECTED';

const titled = (name) => name.replace(/(^|-)([a-z])/g, (_, dash, letter) => dash + letter.toUpperCase());
const headersOf = (answer) => Object.fromEntries([...answer.headers].map(([name, value]) => [titled(name), value]));

/** A call with a task: `prepare(options)` gives [url, fetch options], `finish(answer, options)` the result. */
function transfer(name, prepare, finish) {
  return (options = {}) => {
    const abort = new AbortController();
    const progress = new Set();
    const heard = new Set();
    const run = asynchronous(name, async () => {
      const [url, init] = await prepare(options);
      const timer = setTimeout(() => abort.abort(new Failure('timeout', { errno: 5 })), options.timeout || TIMEOUT_MS);
      try {
        const answer = await fetch(located(url), { ...init, signal: abort.signal, cache: 'no-store', credentials: 'omit' });
        for (const listener of heard) listener({ header: headersOf(answer) });
        const result = await finish(answer, options);
        for (const listener of progress) listener({ progress: 100, totalBytesSent: 0, totalBytesExpectedToSend: 0, totalBytesWritten: 0 });
        return { statusCode: answer.status, header: headersOf(answer), cookies: [], ...result };
      } catch (error) {
        throw asNetworkFailure(error, abort);
      } finally {
        clearTimeout(timer);
      }
    });
    const promised = run(options);
    const task = {
      abort: () => abort.abort(new Failure('abort')),
      onProgressUpdate: (listener) => void progress.add(listener),
      offProgressUpdate: (listener) => void progress.delete(listener),
      onHeadersReceived: (listener) => void heard.add(listener),
      offHeadersReceived: (listener) => void heard.delete(listener),
    };
    return promised ? Object.assign(promised, task) : task;
  };
}

function asNetworkFailure(error, abort) {
  if (abort.signal.aborted) return abort.signal.reason;
  if (error instanceof Failure) return error;
  return new Failure(navigator.onLine ? 'errcode:-101 cronet_error_code:-101 error_msg:net::ERR_CONNECTION_RESET' : NO_NETWORK, { errno: 600001 });
}

function asked({ url, method = 'GET', data, header = {} }) {
  const verb = method.toUpperCase();
  const headers = { 'content-type': 'application/json' };
  for (const [key, value] of Object.entries(header)) headers[key.toLowerCase()] = String(value);
  if (verb === 'GET' || verb === 'HEAD') {
    const query = data && typeof data === 'object' ? new URLSearchParams(data).toString() : '';
    delete headers['content-type'];
    return [query ? `${url}${url.includes('?') ? '&' : '?'}${query}` : url, { method: verb, headers }];
  }
  return [url, { method: verb, headers, body: written(data, headers['content-type']) }];
}

function written(data, type) {
  if (data === undefined || typeof data === 'string' || data instanceof ArrayBuffer) return data;
  return type.includes('x-www-form-urlencoded') ? new URLSearchParams(data).toString() : JSON.stringify(data);
}

async function answered(answer, { responseType, dataType = 'json' }) {
  if (responseType === 'arraybuffer') return { data: await answer.arrayBuffer() };
  const text = await answer.text();
  if (dataType !== 'json') return { data: text };
  try {
    return { data: JSON.parse(text) };
  } catch {
    return { data: text };
  }
}

function uploaded({ url, filePath, name, formData = {}, header = {} }) {
  const form = new FormData();
  for (const [key, value] of Object.entries(formData)) form.append(key, value);
  form.append(name, blobOf(filePath), filePath.split('/').pop());
  return [url, { method: 'POST', headers: header, body: form }];
}

async function downloaded(answer) {
  const type = answer.headers.get('content-type') ?? '';
  loseTap();
  const path = temporary(new Uint8Array(await answer.arrayBuffer()), type.split('/')[1]?.split(';')[0] || 'bin', type);
  return { tempFilePath: path, filePath: path };
}

const networkType = () => (navigator.onLine ? device.networkType : 'none');

export function networkCalls() {
  const changed = () => emit('networkStatusChange', { isConnected: navigator.onLine && networkType() !== 'none', networkType: networkType() });
  addEventListener('online', changed);
  addEventListener('offline', changed);
  onDevice('networkType', changed);
  return {
    request: transfer('request', asked, answered),
    uploadFile: transfer('uploadFile', uploaded, async (answer) => {
      loseTap();
      return { data: await answer.text() };
    }),
    downloadFile: transfer('downloadFile', ({ url, header = {} }) => [url, { headers: header }], downloaded),
    getNetworkType: asynchronous('getNetworkType', () => ({ networkType: networkType(), hasSystemProxy: false, weakNet: false })),
    ...listening('networkStatusChange'),
    ...listening('networkWeakChange'),
  };
}
