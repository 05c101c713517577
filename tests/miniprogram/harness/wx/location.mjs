// Where the phone is: Playwright's position is WGS-84, WeChat gives it in the datum that is asked for.
import { device } from '../runtime/device.mjs';
import { asynchronous, Failure, listening } from './call.mjs';
import { granted } from './permissions.mjs';
import { loseTap } from './tap.mjs';

const AXIS = 6378245;
const ECCENTRICITY = 0.00669342162296594323;

/** WGS-84 to GCJ-02, the published approximation that maps in China use. */
export function toGcj02({ latitude, longitude }) {
  if (longitude < 72.004 || longitude > 137.8347 || latitude < 0.8293 || latitude > 55.8271) return { latitude, longitude };
  const [x, y] = [longitude - 105, latitude - 35];
  const radians = (latitude / 180) * Math.PI;
  const waves = (value, [a, b, c]) => ((a * Math.sin(value * Math.PI) + b * Math.sin((value / 3) * Math.PI) + c * Math.sin((value / 12) * Math.PI)) * 2) / 3;
  const ripple = ((20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * 2) / 3;
  const root = Math.sqrt(Math.abs(x));
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    + ((20 * Math.sin(y * Math.PI) + 40 * Math.sin((y / 3) * Math.PI)) * 2) / 3
    + ((160 * Math.sin((y / 12) * Math.PI) + 320 * Math.sin((y * Math.PI) / 30)) * 2) / 3;
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple + waves(x, [20, 40, 0])
    + ((150 * Math.sin((x / 12) * Math.PI) + 300 * Math.sin((x / 30) * Math.PI)) * 2) / 3;
  const magic = 1 - ECCENTRICITY * Math.sin(radians) ** 2;
  return {
    latitude: latitude + (north * 180) / (((AXIS * (1 - ECCENTRICITY)) / (magic * Math.sqrt(magic))) * Math.PI),
    longitude: longitude + (east * 180) / ((AXIS / Math.sqrt(magic)) * Math.cos(radians) * Math.PI),
  };
}

/** Chromium never answers a second question asked out of the first answer's callback: the next task may ask. */
const position = () =>
  new Promise((done, refuse) =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => setTimeout(() => done(coords)),
      (error) => refuse(new Failure(error.code === 1 ? 'system permission denied' : 'ERROR_NOCELL&WIFI_LOCATIONSWITCHOFF', { errCode: 2 })),
      { timeout: 5000, enableHighAccuracy: true, maximumAge: 0 },
    ),
  );

async function locate({ type = 'wgs84' }) {
  if (!(await granted('userLocation'))) throw new Failure('auth deny');
  if (!device.locationOn) throw new Failure('ERROR_NOCELL&WIFI_LOCATIONSWITCHOFF', { errCode: 2 });
  const { latitude, longitude, accuracy } = await position();
  loseTap();
  const point = type === 'gcj02' ? toGcj02({ latitude, longitude }) : { latitude, longitude };
  return { ...point, accuracy, horizontalAccuracy: accuracy, verticalAccuracy: 0, altitude: 0, speed: 0 };
}

export function locationCalls() {
  return {
    getLocation: asynchronous('getLocation', locate),
    openLocation: asynchronous('openLocation', () => ({})),
    chooseLocation: asynchronous('chooseLocation', async () => ({ ...toGcj02(await position()), name: '所选地点', address: '' })),
    createMapContext: () => ({
      moveToLocation: asynchronous('moveToLocation', () => ({})),
      includePoints: asynchronous('includePoints', () => ({})),
      getCenterLocation: asynchronous('getCenterLocation', async () => toGcj02(await position())),
    }),
    ...listening('locationChange'),
  };
}
