// Who holds the phone: wx.login, telephone number, subscriptions, scanned codes; WeChat's side is the sandbox.
import { device, kept } from '../runtime/device.mjs';
import { asynchronous, Failure } from './call.mjs';
import { agree, requirePrivacy } from './permissions.mjs';
import { inTap } from './tap.mjs';

const MOST_TEMPLATES = 5;

async function ordered(path, order) {
  const answer = await fetch(`${device.sandbox}/_sandbox/${path}`, { method: 'POST', body: JSON.stringify(order) }).catch(() => null);
  if (!answer?.ok) throw new Failure('network error', { errno: 600001 });
  return answer.json();
}

async function subscribe({ tmplIds = [] }) {
  if (!inTap()) throw new Failure('can only be invoked by user TAP gesture.', { errCode: 10005 });
  if (!tmplIds.length) throw new Failure('TmplIds can\'t be empty', { errCode: 10001 });
  if (tmplIds.length > MOST_TEMPLATES) throw new Failure('reach max template count', { errCode: 20003 });
  if (device.subscription.main === 'off') throw new Failure('The main switch is switched off', { errCode: 20004 });
  const answers = Object.fromEntries(tmplIds.map((id) => [id, device.subscription[id] ?? device.subscription['*'] ?? 'accept']));
  for (const press of ['accept', 'reject']) {
    const ids = tmplIds.filter((id) => answers[id] === press);
    if (ids.length) await ordered('dialog', { openid: device.openid, template_ids: ids, press, always: Boolean(device.subscription.always) });
  }
  if (device.subscription.always) kept.set('always', { ...kept.get('always', {}), ...answers });
  return answers;
}

/** What the event of a button with an open-type carries. */
export async function opened(type) {
  if (type === 'agreePrivacyAuthorization') {
    agree();
    return { errMsg: 'agreePrivacyAuthorization:ok' };
  }
  if (type !== 'getPhoneNumber') return { errMsg: `${type}:ok` };
  try {
    await requirePrivacy('getPhoneNumber');
  } catch (failure) {
    return { errMsg: `getPhoneNumber:fail ${failure.message}`, errno: 104 };
  }
  if (!device.phoneNumber) return { errMsg: 'getPhoneNumber:fail user deny' };
  const { code } = await ordered('phone-codes', { openid: device.openid, number: device.phoneNumber, country_code: '86' });
  return { errMsg: 'getPhoneNumber:ok', code };
}

export function accountCalls() {
  return {
    login: asynchronous('login', async () => ({ code: (await ordered('codes', { openid: device.openid })).code })),
    checkSession: asynchronous('checkSession', () => ({})),
    requestSubscribeMessage: asynchronous('requestSubscribeMessage', subscribe),
    scanCode: asynchronous('scanCode', () => {
      if (!device.scan) throw new Failure('cancel');
      const path = device.scan.startsWith('pages/') ? { path: device.scan } : {};
      return { result: device.scan, scanType: path.path ? 'WX_CODE' : 'QR_CODE', charSet: 'utf-8', rawData: '', ...path };
    }),
    __opened: opened,
  };
}
