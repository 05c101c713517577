/** The one way to the server: session, retry, problem → sentence, clock. Pages call the modules beside it, never wx. */
import { server } from '../config';
import { hear } from './clock';
import { NoAnswer, passes, Refused, refusal } from './problem';
import { header, session, signIn } from './session';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type Query = Record<string, string | number | boolean | undefined>;
interface Answer { statusCode: number; data: unknown; header?: Record<string, unknown> }

const WAITS_MS = [400, 1200];

/** GET, and twice more after a moment when the network fails: reading twice does no harm. */
export function read<T>(path: string, query: Query = {}): Promise<T> {
  return patiently(() => signedIn<T>((token) => send('GET', path + search(query), undefined, token)));
}

/** Change something. `repeatable`: the server answers a repeat as it answered the first. */
export function change<T>(method: Method, path: string, body?: object, repeatable = false): Promise<T> {
  const once = () => signedIn<T>((token) => send(method, path, body, token));
  return repeatable ? patiently(once) : once();
}

/** Send a file with its form. Never repeated here: whoever keeps the file decides that. */
export function upload<T>(path: string, file: string, name: string, form: Record<string, string>): Promise<T> {
  return signedIn<T>((token) => timed((done, failed) => wx.uploadFile({
    url: address(path), filePath: file, name, formData: form, header: bearer(token),
    success: (r) => done(r as unknown as Answer), fail: failed,
  })));
}

/** Fetch a file into the phone's temporary folder. */
export function download(path: string): Promise<string> {
  return signedIn<string>((token) => timed((done, failed) => wx.downloadFile({
    url: address(path), header: bearer(token),
    success: (r) => done({ statusCode: r.statusCode, data: r.tempFilePath }), fail: failed,
  })), (temporary) => temporary as string);
}

const API = '/api/v1';
const address = (path: string): string => server() + (path.startsWith(API) ? path : API + path); // the server's own links are whole
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

function send(method: Method, path: string, body: object | undefined, token: string): Promise<Answer> {
  return timed((done, failed) => wx.request({
    url: address(path), method, data: body, header: bearer(token),
    success: (r) => done(r as unknown as Answer), fail: failed,
  }));
}

/** One exchange; its reply tells what the server's clock says. */
function timed(start: (done: (a: Answer) => void, failed: (e: { errMsg: string }) => void) => void): Promise<Answer> {
  const sent = Date.now();
  return new Promise((resolve, reject) => start(
    (answer) => {
      hear(header(answer.header, 'server-time'), sent, Date.now());
      resolve(answer);
    },
    (error) => reject(new NoAnswer(error.errMsg)),
  ));
}

/** With the session there is, and once more with a new one when it is over. This WeChat may have been bound to another
 * member meanwhile: what one has begun is never finished in the name of the other. */
async function signedIn<T>(go: (token: string) => Promise<Answer>, understood: (data: unknown) => T = said): Promise<T> {
  const before = session() ?? (await signIn());
  let answer = await go(before.token);
  if (answer.statusCode === 401) {
    const renewed = await signIn();
    if (renewed.member.id !== before.member.id) throw new Refused(401, 'other_member', '这个微信现在绑定的是另一位队员，请回到今天页重新打开。');
    answer = await go(renewed.token);
  }
  if (answer.statusCode >= 400) throw refusal(answer.statusCode, answer.data);
  if (answer.statusCode === 204) return undefined as T;
  return understood(answer.data);
}

/** Our server says JSON; a page of whoever stands between (a hotel's network, a gateway) is no answer of it. */
function said<T>(data: unknown): T {
  if (typeof data === 'object' && data !== null) return data as T;
  try {
    return JSON.parse(data as string) as T; // wx.uploadFile answers text
  } catch {
    throw new NoAnswer('not from the server');
  }
}

async function patiently<T>(once: () => Promise<T>): Promise<T> {
  for (const wait of WAITS_MS) {
    try {
      return await once();
    } catch (error) {
      if (!passes(error) || (error instanceof Refused && error.status === 429)) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  return once();
}

function search(query: Query): string {
  const pairs = Object.entries(query).filter(([, v]) => v !== undefined && v !== '');
  return pairs.length ? '?' + pairs.map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`).join('&') : '';
}
