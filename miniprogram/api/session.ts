/** Who is signed in on this phone: the token, and the one way to a new one (wx.login → POST /login). */
import { server } from '../config';
import { hear } from './clock';
import { NoAnswer, refusal } from './problem';
import type { components } from './types';

type SessionReply = components['schemas']['SessionReply'];
export type Me = SessionReply['member'];

const KEY = 'session';
/** What 今天 last showed, and the open leads that were last listed: their reader's, and nobody else's on this phone. */
export const TODAY = 'today';
export const LEADS = 'leads';
let running: Promise<SessionReply> | null = null;

export function session(): SessionReply | null {
  return (wx.getStorageSync(KEY) as SessionReply | '') || null;
}

export function keep(reply: SessionReply): void {
  if (session()?.member.id !== reply.member.id) [TODAY, LEADS].forEach((key) => wx.removeStorageSync(key));
  wx.setStorageSync(KEY, reply);
}

export function forget(): void {
  [KEY, TODAY, LEADS].forEach((key) => wx.removeStorageSync(key));
}

/** A new session; whoever asks while one is under way waits for the same. Throws Refused `binding_required`. */
export function signIn(): Promise<SessionReply> {
  running ??= loginCode()
    .then((code) => ask('/login', { code }))
    .finally(() => { running = null; });
  return running;
}

export interface Handle { invite_code?: string; phone_code?: string }

/** Bind this WeChat to a member, and sign in as them. */
export async function bind(by: Handle): Promise<SessionReply> {
  return ask('/bind', { ...by, code: await loginCode() });
}

function loginCode(): Promise<string> {
  return new Promise((resolve, reject) => {
    wx.login({ success: (r) => resolve(r.code), fail: (e) => reject(new NoAnswer(e.errMsg)) });
  });
}

function ask(path: string, data: Record<string, string>): Promise<SessionReply> {
  const sent = Date.now();
  return new Promise((resolve, reject) => {
    wx.request<SessionReply>({
      url: `${server()}/api/v1${path}`,
      method: 'POST',
      data,
      success: (r) => {
        hear(header(r.header, 'server-time'), sent, Date.now());
        if (r.statusCode >= 400) return reject(refusal(r.statusCode, r.data));
        keep(r.data);
        resolve(r.data);
      },
      fail: (e) => reject(new NoAnswer(e.errMsg)),
    });
  });
}

/** A header of a reply, however its name is written. */
export function header(all: Record<string, unknown> | undefined, name: string): string | undefined {
  const key = Object.keys(all ?? {}).find((k) => k.toLowerCase() === name);
  return key ? String((all as Record<string, unknown>)[key]) : undefined;
}
