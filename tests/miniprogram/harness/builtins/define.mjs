// How a built-in tag is written down: its properties, what it is made of in the DOM, and what a tap on it does.
import { glassEasel, space } from '../runtime/easel.mjs';

/** A property of any type. */
export const ANY = null;

const COMMON = {
  hidden: Boolean, hoverClass: String, hoverStayTime: Number, hoverStartTime: Number, hoverStopPropagation: Boolean,
  ariaRole: String, ariaLabel: String, ariaHidden: ANY, ariaDisabled: ANY, ariaChecked: ANY, ariaLive: String, slot: String,
};

/**
 * Define <name>: `properties`; `made(component, element)` once it is in the DOM; `watch` {'a, b': function(component, a, b)}
 * then, and at each change of one of them; `tapped(component)`. `field`: a form collects its value.
 */
export function define(name, { properties = {}, made, watch = {}, tapped, field = false } = {}) {
  const components = space.getComponentSpace();
  const none = glassEasel.DeepCopyKind.None;
  let definition = components.define(`builtin/${name}`).options({ dataDeepCopy: none, propertyPassingDeepCopy: none });
  for (const [key, given] of Object.entries({ ...COMMON, ...properties })) {
    definition = definition.property(key, given !== null && typeof given === 'object' ? given : { type: given });
  }
  definition = definition.init(function init({ self, lifetime, observer }) {
    const component = self ?? this;
    component.isField = field;
    const watched = Object.entries({ ...watch, ...EVERY }).map(([keys, react]) => [keys.split(', '), react]);
    const react = ([keys, change]) => change(component, ...keys.map((key) => component.data[key]));
    lifetime('attached', () => {
      const element = elementOf(component);
      if (!element) return;
      element.component ??= component;
      made?.(component, element);
      component.isMade = true;
      watched.forEach(react);
    });
    for (const one of watched) observer(one[0], () => component.isMade && react(one));
    if (tapped) component.addListener('tap', () => tapped(component));
  });
  components.setGlobalUsingComponent(name, definition.registerComponent());
}

const EVERY = {
  hidden: (component, hidden) => (elementOf(component).hidden = Boolean(hidden)),
  ariaLabel: (component, label) => attribute(component, 'aria-label', label),
  ariaRole: (component, role) => role && attribute(component, 'role', role),
  ariaHidden: (component, hidden) => attribute(component, 'aria-hidden', hidden ? 'true' : ''),
};

export const elementOf = (component) => component.getBackendElement();
export const fire = (component, name, detail = {}) => component.triggerEvent(name, detail);

/** Set an attribute; false, null and '' take it away. */
export function attribute(component, name, value) {
  const element = elementOf(component);
  if (value === false || value === null || value === undefined || value === '') element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : value);
}

/** The built-in component around this one that has this tag. */
export const around = (component, tag) => elementOf(component).closest(`wx-${tag}`)?.component;
