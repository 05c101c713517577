// The privacy agreement and the scopes: asked once, kept on the phone, changed in the settings page.
import { device, kept } from '../runtime/device.mjs';
import { asynchronous, Failure } from './call.mjs';

let needs = null; // what the mini-program does when the agreement is needed
const scopes = () => kept.get('scopes', {});
const agreed = () => !device.privacyNeeded || kept.get('privacy', false);
export const agree = () => kept.set('privacy', true);

/** The person agreed to the privacy guide, or is asked now; else it fails as WeChat does. */
export async function requirePrivacy(referrer) {
  if (agreed()) return;
  const decision = needs
    ? await new Promise((resolve) => needs((answer) => answer.event !== 'exposureAuthorization' && resolve(answer), { referrer }))
    : { event: device.answers.privacy === false ? 'disagree' : 'agree' };
  if (decision.event !== 'agree') throw new Failure('privacy permission is not authorized', { errno: 104 });
  agree();
}

/** Whether this scope is granted; the first time WeChat asks the person. */
export async function granted(scope) {
  try {
    await requirePrivacy(scope);
  } catch {
    return false;
  }
  const known = scopes();
  if (known[scope] === undefined) kept.set('scopes', { ...known, [scope]: device.answers[scope] !== false });
  return scopes()[scope];
}

/** The person changes a scope in the settings page. */
export const setScope = (scope, on) => kept.set('scopes', { ...scopes(), [scope]: on });

const authSetting = () => Object.fromEntries(Object.entries(scopes()).map(([scope, on]) => [`scope.${scope}`, on]));

export function permissionCalls() {
  return {
    authorize: asynchronous('authorize', async ({ scope }) => {
      await requirePrivacy('authorize');
      if (!(await granted(scope.replace(/^scope\./, '')))) throw new Failure('auth deny', { errno: 103 });
      return {};
    }),
    getSetting: asynchronous('getSetting', ({ withSubscriptions }) => ({
      authSetting: authSetting(),
      ...(withSubscriptions ? { subscriptionsSetting: { mainSwitch: device.subscription.main !== 'off', itemSettings: kept.get('always', {}) } } : {}),
    })),
    openSetting: asynchronous('openSetting', () => {
      for (const [scope, on] of Object.entries(device.answers)) if (scopes()[scope] !== undefined) setScope(scope, on);
      return { authSetting: authSetting() };
    }),
    getPrivacySetting: asynchronous('getPrivacySetting', () => ({ needAuthorization: !agreed(), privacyContractName: '《小程序隐私保护指引》' })),
    requirePrivacyAuthorize: asynchronous('requirePrivacyAuthorize', () => requirePrivacy('requirePrivacyAuthorize')),
    openPrivacyContract: asynchronous('openPrivacyContract', () => ({})),
    onNeedPrivacyAuthorization: (listener) => void (needs = listener),
  };
}
