// The whole of wx.*; what a mini-program asks for beyond it is noted, and fails its test.
import { BUILTIN_TAGS } from '../builtins/names.mjs';
import { device } from '../runtime/device.mjs';
import { missing } from '../runtime/report.mjs';
import { accountCalls } from './account.mjs';
import { fileCalls } from './files.mjs';
import { locationCalls } from './location.mjs';
import { networkCalls } from './network.mjs';
import { permissionCalls } from './permissions.mjs';
import { photoCalls } from './photo.mjs';
import { storageCalls } from './storage.mjs';
import { surfaceCalls } from './surfaces.mjs';
import { systemCalls } from './system.mjs';

export { emit } from './call.mjs';

/** wx for one life of the app. */
export function createWx(launch) {
  const calls = {
    ...accountCalls(),
    ...fileCalls(),
    ...locationCalls(),
    ...networkCalls(),
    ...permissionCalls(),
    ...photoCalls(),
    ...storageCalls(),
    ...surfaceCalls(),
    ...systemCalls(launch),
    canIUse: (schema) => {
      const [name] = schema.split('.');
      return (name in calls && !device.without.includes(name)) || BUILTIN_TAGS.includes(name);
    },
  };
  return new Proxy(calls, {
    get(all, key) {
      if (!(key in all) && typeof key === 'string') missing(key);
      return all[key];
    },
  });
}
