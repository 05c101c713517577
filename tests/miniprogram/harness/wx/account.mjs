// Who holds the phone: wx.login, telephone number, subscriptions, scanned codes; WeChat's side is the sandbox.
import { device, kept } from '../runtime/device.mjs';
import { asynchronous, Failure } from './call.mjs';
import { agree, requirePrivacy } from './permissions.mjs';
import { inTap } from './tap.mjs';

const MOST_TEMPLATES = 5;
const MOST_EMPLOYEE_TEMPLATES = 6;

async function ordered(path, order) {
  const answer = await fetch(`${device.sandbox}/_sandbox/${path}`, { method: 'POST', body: JSON.stringify(order) }).catch(() => null);
  if (!answer?.ok) throw new Failure('network error', { errno: 600001 });
  return answer.json();
}

async function subscribe({ tmplIds = [] }) {
  if (!inTap()) throw new Failure('can only be invoked by user TAP gesture.', { errCode: 10005 });
  if (!tmplIds.length) throw new Failure('TmplIds can\'t be empty', { errCode: 10001 });
  if (tmplIds.length > MOST_TEMPLATES) throw new Failure('reach max template count', { errCode: 20003 });
  if (new Set(tmplIds.map((id) => device.lastingTemplates.includes(id))).size > 1) throw new Failure('Templates type must be same', { errCode: 20002 });
  if (device.subscription.main === 'off') throw new Failure('The main switch is switched off', { errCode: 20004 });
  const answers = Object.fromEntries(tmplIds.map((id) => [id, device.subscription[id] ?? device.subscription['*'] ?? 'accept']));
  for (const press of ['accept', 'reject']) {
    const ids = tmplIds.filter((id) => answers[id] === press);
    if (ids.length) await ordered('dialog', { openid: device.openid, template_ids: ids, press, always: Boolean(device.subscription.always) });
  }
  if (device.subscription.always) kept.set('always', { ...kept.get('always', {}), ...answers });
  return answers;
}

async function relation() {
  const answer = await fetch(`${device.sandbox}/_sandbox/staff?openid=${device.openid}`).catch(() => null);
  if (!answer?.ok) throw new Failure('network error', { errno: 600001 });
  return answer.json();
}

/** The dialogs of 用工关系: the relation first, which is asked for once; then the templates that are not taken yet. */
async function employ({ tmplIds = [] }, bound) {
  if (!inTap()) throw new Failure('can only be invoked by user TAP gesture.');
  if (tmplIds.length > MOST_EMPLOYEE_TEMPLATES) throw new Failure('reach max template count', { errCode: 20003 });
  const { bindingStatus, templates } = await relation();
  if ((bindingStatus === 'accept') !== bound) throw new Failure(bound ? 'employee relation not bound' : 'already bound');
  const asked = tmplIds.filter((id) => !templates.includes(id));
  if (bound && !asked.length) throw new Failure('no template to subscribe');
  if (device.employee === 'reject') {
    if (!bound) await ordered('staff', { openid: device.openid, bound: false });
    return { bindingStatus: bound ? 'accept' : 'reject', ...(bound ? Object.fromEntries(asked.map((id) => [id, 'reject'])) : {}) };
  }
  await ordered('staff', { openid: device.openid, template_ids: asked });
  return { bindingStatus: 'accept', ...Object.fromEntries(asked.map((id) => [id, 'accept'])) };
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
    checkEmployeeRelation: asynchronous('checkEmployeeRelation', async () => ({ bindingStatus: (await relation()).bindingStatus })),
    bindEmployeeRelation: asynchronous('bindEmployeeRelation', (options) => employ(options, false)),
    requestSubscribeEmployeeMessage: asynchronous('requestSubscribeEmployeeMessage', (options) => employ(options, true)),
    scanCode: asynchronous('scanCode', () => {
      if (!device.scan) throw new Failure('cancel');
      const path = device.scan.startsWith('pages/') ? { path: device.scan } : {};
      return { result: device.scan, scanType: path.path ? 'WX_CODE' : 'QR_CODE', charSet: 'utf-8', rawData: '', ...path };
    }),
    __opened: opened,
  };
}
