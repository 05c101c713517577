// What moves under the finger: scroll-view with its pull-down refresh, swiper, picker-view.
import { ANY, attribute, define, elementOf, fire } from './define.mjs';

const REACHED_PX = 50;

export function defineScrolling() {
  define('scroll-view', {
    properties: {
      scrollX: Boolean, scrollY: Boolean, scrollTop: ANY, scrollLeft: ANY, scrollIntoView: String, enableFlex: Boolean,
      scrollWithAnimation: Boolean, lowerThreshold: ANY, upperThreshold: ANY, refresherEnabled: Boolean,
      refresherTriggered: Boolean, enhanced: Boolean, showScrollbar: Boolean, bounces: Boolean, type: String,
    },
    made: (component, element) => {
      element.addEventListener('scroll', (event) => {
        event.stopPropagation();
        scrolled(component, element);
      });
      element.refresh = () => fire(component, 'refresherrefresh');
    },
    watch: {
      'scrollX, scrollY, enableFlex': (component, x, y, flex) => {
        attribute(component, 'scroll-x', x);
        attribute(component, 'scroll-y', y);
        attribute(component, 'enable-flex', flex);
      },
      'scrollTop, scrollLeft': (component, top, left) => {
        if (top !== null) elementOf(component).scrollTop = Number(top);
        if (left !== null) elementOf(component).scrollLeft = Number(left);
      },
      scrollIntoView: (component, id) => {
        if (id) requestAnimationFrame(() => elementOf(component).querySelector(`[id="${id}"]`)?.scrollIntoView());
      },
    },
  });
  define('swiper', {
    properties: {
      current: Number, autoplay: Boolean, circular: Boolean, vertical: Boolean, indicatorDots: Boolean, duration: Number,
      interval: Number, previousMargin: String, nextMargin: String, displayMultipleItems: Number, easingFunction: String,
    },
    made: (component, element) =>
      element.addEventListener('scrollend', (event) => {
        event.stopPropagation();
        const along = component.data.vertical ? element.scrollTop / element.clientHeight : element.scrollLeft / element.clientWidth;
        moveTo(component, Math.round(along), 'touch');
      }),
    watch: {
      vertical: (component, vertical) => attribute(component, 'vertical', vertical),
      current: (component, current) => {
        component.at ??= current;
        const show = () => {
          const element = elementOf(component);
          element.scrollTo({ left: current * element.clientWidth, top: 0, behavior: 'instant' });
        };
        requestAnimationFrame(show);
        moveTo(component, current, '');
      },
    },
  });
  define('swiper-item', { properties: { itemId: String } });
  define('picker-view', {
    properties: { value: { type: Array, value: [] }, indicatorStyle: String, indicatorClass: String, maskStyle: String, maskClass: String, immediateChange: Boolean },
    watch: { value: (component, value) => requestAnimationFrame(() => columns(component).forEach((one, i) => turn(one, value[i] ?? 0))) },
  });
  define('picker-view-column', {
    made: (component, element) =>
      element.addEventListener('scrollend', (event) => {
        event.stopPropagation();
        const view = element.closest('wx-picker-view').component;
        const value = columns(view).map(turned);
        if (String(value) !== String(view.data.value)) fire(view, 'change', { value });
        fire(view, 'pickend');
      }),
  });
}

function scrolled(component, element) {
  const { scrollTop, scrollLeft, scrollHeight, scrollWidth, clientHeight } = element;
  fire(component, 'scroll', { scrollTop, scrollLeft, scrollHeight, scrollWidth, deltaX: 0, deltaY: 0 });
  const below = scrollHeight - scrollTop - clientHeight < (Number(component.data.lowerThreshold) || REACHED_PX);
  if (below && !component.atBottom) fire(component, 'scrolltolower', { direction: 'bottom' });
  component.atBottom = below;
  if (scrollTop === 0) fire(component, 'scrolltoupper', { direction: 'top' });
}

function moveTo(component, current, source) {
  if (component.at === current) return;
  component.at = current;
  fire(component, 'change', { current, source, currentItemId: '' });
  fire(component, 'animationfinish', { current, source });
}

const columns = (view) => [...elementOf(view).querySelectorAll('wx-picker-view-column')];
const rowHeight = (column) => column.firstElementChild?.offsetHeight || 34;
const turned = (column) => Math.round(column.scrollTop / rowHeight(column));
const turn = (column, row) => column.scrollTo({ top: row * rowHeight(column), behavior: 'instant' });
