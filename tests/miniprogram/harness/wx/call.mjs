// How every wx.* is called: callbacks or a promise, faults that the test ordered, and a death in the middle.
import { device } from '../runtime/device.mjs';
import { called, failed, report } from '../runtime/report.mjs';

const NEVER = new Promise(() => {});

/** What a wx.* fails with: its errMsg without the api's name, and WeChat's numbers. */
export class Failure extends Error {
  constructor(message, numbers = {}) {
    super(message);
    this.numbers = numbers;
  }
}

/** An asynchronous wx.*: `run(options)` gives the result's fields, or throws a Failure. */
export function asynchronous(name, run) {
  return (options = {}) => {
    called(name, options);
    const done = carriedOut(name, run, options).then(
      (result) => ({ errMsg: `${name}:ok`, ...result }),
      (error) => {
        throw asFailure(name, error);
      },
    );
    if (!options.success && !options.fail && !options.complete) return done;
    done.then(
      (result) => hand(name, [options.success, options.complete], result),
      (failure) => hand(name, [options.fail, options.complete], failure),
    );
    return undefined;
  };
}

/** A wx.*Sync. */
export function synchronous(name, run, api = name.replace(/Sync$/, '')) {
  return (...given) => {
    called(name, given);
    meet(api, 'before');
    if (report.dead) throw asFailure(name, new Failure('the process has ended'));
    try {
      const result = run(...given);
      meet(api, 'after');
      return result;
    } catch (error) {
      throw Object.assign(new Error(), asFailure(name, error), { message: asFailure(name, error).errMsg });
    }
  };
}

async function carriedOut(name, run, options) {
  meet(name, 'before', options.url);
  if (report.dead) return NEVER;
  const result = await run(options);
  meet(name, 'after', options.url);
  return report.dead ? NEVER : result;
}

/** The test's orders for this api, when it is reached. */
function meet(name, when, url = '') {
  const { dies } = device;
  if (dies?.api === name && dies.when === when && url.includes(dies.at)) report.dead = true;
  const ordered = device.faults[name];
  if (when === 'before' && ordered?.length) throw new Failure(ordered.shift());
}

function hand(name, callbacks, result) {
  for (const callback of callbacks) {
    try {
      callback?.(result)?.catch?.((error) => failed(`wx.${name}`, error));
    } catch (error) {
      failed(`wx.${name}`, error);
    }
  }
}

function asFailure(name, error) {
  if (!(error instanceof Failure)) console.warn(`wx.${name}`, error);
  return { errMsg: `${name}:fail ${error?.message ?? error}`, ...error?.numbers };
}

const listeners = new Map();

/** Tell those that listen by wx.onX. */
export function emit(event, detail) {
  for (const listener of [...(listeners.get(event) ?? [])]) listener(detail);
}

/** {onX, offX}. */
export function listening(event) {
  const name = event[0].toUpperCase() + event.slice(1);
  const all = listeners.get(event) ?? listeners.set(event, new Set()).get(event);
  return {
    [`on${name}`]: (listener) => void all.add(listener),
    [`off${name}`]: (listener) => void (listener ? all.delete(listener) : all.clear()),
  };
}
