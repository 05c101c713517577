/** PURE: how far a fix is from a station, and what may be said of it. */
import { metres } from '../words';

export interface Point { lat: number; lng: number }
export interface Fence extends Point { radius_m: number }

const EARTH_M = 6_371_008.8;
const rad = (deg: number) => (deg * Math.PI) / 180;

/** Great-circle metres (haversine; 0.5 % at worst). */
export function between(a: Point, b: Point): number {
  const h = Math.sin(rad(b.lat - a.lat) / 2) ** 2 + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(rad(b.lng - a.lng) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** inside, outside, or not to be told by so vague a fix. */
export function against(fence: Fence, at: Point, accuracy: number): { distance: number; is: 'inside' | 'outside' | 'unsure' } {
  const distance = between(fence, at);
  if (distance + accuracy <= fence.radius_m) return { distance, is: 'inside' };
  if (distance - accuracy > fence.radius_m) return { distance, is: 'outside' };
  return { distance, is: distance <= fence.radius_m ? 'inside' : 'unsure' };
}

const PLACE: Record<'inside' | 'outside' | 'unsure', string> = { inside: '在围栏内', outside: '在围栏外', unsure: '定位较粗，说不准' };

/** That in words. */
export function whereabouts(fence: Fence, at: Point, accuracy: number) {
  const { distance, is } = against(fence, at, accuracy);
  return { said: `${PLACE[is]} · 距驻点 ${metres(distance)} ±${Math.round(accuracy)} m`, is };
}
