/** PURE: where a check-in was, as WeChat's <map> draws it: pins of three shapes, the fence, and the error of the fix. */
import type { Place } from '../../api/checkins';

const PINS: Record<Place['kind'], string> = { station: '/team/review/station.png', claimed: '/team/review/claimed.png', exif: '/team/review/exif.png' };
const RINGS = { station: { color: '#0052D9CC', fillColor: '#0052D91A' }, claimed: { color: '#B25E00CC', fillColor: '#B25E001A' } };
const WIDE_PX = 260; // what has to lie within, of the narrowest phone's width and the map's height
const HIGH_PX = 130;
const NEAREST = 17;
const FARTHEST = 5;
const METRES_PER_DEGREE = 111_320;

/** Null where nothing is known. */
export function onMap(places: Place[]) {
  if (!places.length) return null;
  const round = Math.cos((places[0].lat * Math.PI) / 180);
  const box = places.map(({ lat, lng, radius_m }) => ({ lat, lng, up: (radius_m ?? 0) / METRES_PER_DEGREE }));
  const south = Math.min(...box.map((p) => p.lat - p.up));
  const north = Math.max(...box.map((p) => p.lat + p.up));
  const west = Math.min(...box.map((p) => p.lng - p.up / round));
  const east = Math.max(...box.map((p) => p.lng + p.up / round));
  return {
    latitude: (south + north) / 2,
    longitude: (west + east) / 2,
    scale: fitting((east - west) / 360, (north - south) / 360 / round),
    markers: places.map((p, id) => ({ id, latitude: p.lat, longitude: p.lng, iconPath: PINS[p.kind], width: 24, height: 24, anchor: { x: 0.5, y: 0.5 }, title: p.name })),
    circles: places.flatMap((p) => (p.radius_m && p.kind !== 'exif' ? [{ latitude: p.lat, longitude: p.lng, radius: p.radius_m, strokeWidth: 1, ...RINGS[p.kind] }] : [])),
    said: legend(places),
  };
}

/** The nearest zoom at which shares of the world's width and height (Web Mercator) still fit. */
function fitting(across: number, along: number): number {
  const most = Math.min(WIDE_PX / Math.max(across, 1e-9), HIGH_PX / Math.max(along, 1e-9));
  return Math.max(FARTHEST, Math.min(NEAREST, Math.floor(Math.log2(most / 256))));
}

function legend(places: Place[]): string {
  const by = (kind: Place['kind']) => places.find((p) => p.kind === kind);
  const error = by('claimed')?.radius_m;
  return [
    by('station') && '方块是驻点和围栏', by('claimed') && `圆点是手机定位${error ? `（误差 ±${Math.round(error)} 米）` : ''}`,
    by('exif') && '三角是照片写入的位置',
  ].filter(Boolean).join('，');
}
