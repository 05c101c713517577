// Camera, canvas and map: the camera shows what the test holds before it, the map is an honest shell in GCJ-02.
import { device, onDevice } from '../runtime/device.mjs';
import { granted } from '../wx/permissions.mjs';
import { fileUrl } from '../wx/disk.mjs';
import { seenUrl } from '../wx/photo.mjs';
import { ANY, attribute, define, elementOf, fire } from './define.mjs';

/** The camera on the screen, if it is allowed: takePhoto asks for it. */
export const cameraOnScreen = () =>
  [...document.querySelectorAll('wx-camera')].map(({ component }) => component).find((one) => one?.isOn && elementOf(one).isConnected);

export function defineMedia() {
  define('camera', {
    properties: { mode: String, devicePosition: { type: String, value: 'back' }, flash: String, resolution: String, frameSize: String },
    made: startCamera,
    watch: { devicePosition: (component, position) => attribute(component, 'mirrored', position === 'front') },
  });
  define('canvas', {
    properties: { type: String, canvasId: String, disableScroll: Boolean, node: ANY },
    made: (component, element) => {
      const canvas = asPhoneCanvas(document.createElement('canvas'));
      element.prepend(canvas);
      component.setData({ node: canvas });
    },
  });
  define('map', {
    properties: {
      latitude: Number, longitude: Number, scale: { type: Number, value: 16 }, markers: { type: Array, value: [] },
      circles: { type: Array, value: [] }, polyline: { type: Array, value: [] }, includePoints: { type: Array, value: [] },
      showLocation: Boolean, enableScroll: ANY, enableZoom: ANY, enableRotate: ANY, setting: Object, minScale: Number,
      maxScale: Number, enablePoi: ANY, enableBuilding: ANY, layerStyle: ANY, subkey: String, enableSatellite: ANY,
    },
    watch: { 'latitude, longitude, scale, markers, circles': drawMap },
  });
}

async function startCamera(component, element) {
  const image = element.appendChild(Object.assign(new Image(), { className: 'sees', alt: '' }));
  if (device.systemCamera === false || !(await granted('camera'))) {
    fire(component, 'error', { errMsg: 'insertCamera:fail auth deny' });
    return;
  }
  const look = async () => (image.src = await seenUrl());
  await look();
  onDevice('photo', look);
  component.isOn = true;
  fire(component, 'initdone', { maxZoom: 6 });
}

/** What a canvas of WeChat has besides a browser's. */
export function asPhoneCanvas(canvas) {
  canvas.createImage = () => phoneImage();
  canvas.requestAnimationFrame = (draw) => requestAnimationFrame(draw);
  canvas.cancelAnimationFrame = (id) => cancelAnimationFrame(id);
  return canvas;
}

/** An Image whose src may be a file of the phone. */
function phoneImage() {
  const image = new Image();
  const { get, set } = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'src');
  Object.defineProperty(image, 'src', { get: () => get.call(image), set: (source) => set.call(image, fileUrl(source)) });
  return image;
}

/** Web Mercator at a zoom level, in pixels. */
function projected({ latitude, longitude }, scale) {
  const world = 256 * 2 ** scale;
  const sine = Math.sin((latitude * Math.PI) / 180);
  return { x: ((longitude + 180) / 360) * world, y: (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * world };
}

function drawMap(component, latitude, longitude, scale, markers, circles) {
  const element = elementOf(component);
  const centre = projected({ latitude, longitude }, scale);
  const metrePx = (256 * 2 ** scale) / (40_075_016 * Math.cos((latitude * Math.PI) / 180));
  const place = (className, at) => {
    const { x, y } = projected(at, scale);
    const mark = Object.assign(document.createElement('i'), { className });
    mark.style.left = `calc(50% + ${x - centre.x}px)`;
    mark.style.top = `calc(50% + ${y - centre.y}px)`;
    return mark;
  };
  const round = (circles ?? []).map((circle) => {
    const mark = place('circle', circle);
    const across = `${2 * circle.radius * metrePx}px`;
    Object.assign(mark.style, { width: across, height: across, background: circle.fillColor ?? '', border: `${circle.strokeWidth ?? 1}px solid ${circle.color ?? '#000'}` });
    return mark;
  });
  const pins = (markers ?? []).map((marker) => {
    const mark = place('marker', marker);
    if (marker.iconPath) Object.assign(mark.style, { background: `center / contain no-repeat url(${fileUrl(marker.iconPath)})`, width: `${marker.width}px`, height: `${marker.height}px`, borderRadius: 0, margin: 0, transform: 'translate(-50%, -50%)' });
    mark.title = marker.title ?? marker.callout?.content ?? '';
    mark.addEventListener('click', () => fire(component, 'markertap', { markerId: marker.id }));
    return mark;
  });
  element.querySelectorAll(':scope > i').forEach((old) => old.remove());
  element.prepend(...round, ...pins);
}

