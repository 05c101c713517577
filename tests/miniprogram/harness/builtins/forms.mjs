// What is filled in: form, button with its open-types, input, textarea, switch, checkbox, radio, slider, picker.
import { entered, sheet } from '../runtime/dialogs.mjs';
import { ANY, around, attribute, define, elementOf, fire } from './define.mjs';

const KEYBOARDS = { number: 'numeric', digit: 'decimal', tel: 'tel' };
const OPENS = {
  getPhoneNumber: 'getphonenumber', getRealtimePhoneNumber: 'getrealtimephonenumber', chooseAvatar: 'chooseavatar',
  openSetting: 'opensetting', agreePrivacyAuthorization: 'agreeprivacyauthorization', contact: 'contact',
  feedback: 'feedback', share: 'share', launchApp: 'launchapp',
};

export function defineForms(wx) {
  define('form', { properties: { reportSubmit: Boolean } });
  defineButton(wx);
  define('input', written('input'));
  define('textarea', written('textarea'));
  define('label', {
    properties: { for: String },
    tapped: (component) => {
      const id = component.data.for;
      const inside = 'wx-switch, wx-checkbox, wx-radio, wx-input, wx-button';
      const page = elementOf(component).closest('wx-page');
      const target = id ? page.querySelector(`[id="${id}"]`) : elementOf(component).querySelector(inside);
      target?.querySelector('input')?.click();
    },
  });
  define('checkbox-group', { field: true, properties: { name: String, value: ANY } });
  define('radio-group', { field: true, properties: { name: String, value: ANY } });
  for (const type of ['switch', 'checkbox', 'radio']) define(type, ticked(type));
  define('slider', {
    field: true,
    properties: { name: String, min: Number, max: { type: Number, value: 100 }, step: { type: Number, value: 1 }, value: Number, disabled: Boolean, showValue: Boolean, activeColor: String, blockSize: Number },
    made: (component, element) => {
      const input = element.appendChild(Object.assign(document.createElement('input'), { type: 'range' }));
      const sends = (name) => (event) => {
        event.stopPropagation();
        component.setData({ value: Number(input.value) });
        fire(component, name, { value: Number(input.value) });
      };
      input.addEventListener('input', sends('changing'));
      input.addEventListener('change', sends('change'));
    },
    watch: {
      'min, max, step, value, disabled': (component, min, max, step, value, disabled) =>
        Object.assign(elementOf(component).querySelector('input'), { min, max, step, value, disabled }),
    },
  });
  definePicker();
}

function defineButton(wx) {
  define('button', {
    properties: { id: String, type: String, size: String, plain: Boolean, disabled: Boolean, loading: Boolean, formType: String, openType: String, lang: String, sessionFrom: String },
    made: (component) => attribute(component, 'role', component.data.ariaRole || 'button'),
    watch: {
      'type, size, plain, disabled': (component, type, size, plain, disabled) => {
        Object.entries({ type, size, plain, disabled }).forEach(([key, value]) => attribute(component, key, value));
        attribute(component, 'aria-disabled', disabled ? 'true' : '');
      },
    },
    tapped: (component) => {
      const { disabled, openType, formType } = component.data;
      if (disabled) return;
      for (const one of openType ? openType.split('|') : []) {
        if (OPENS[one]) Promise.resolve(wx.__opened(one)).then((detail) => fire(component, OPENS[one], detail));
      }
      const form = formType && around(component, 'form');
      if (form && formType === 'submit') fire(form, 'submit', { value: collected(form) });
      if (form && formType === 'reset') reset(form);
    },
  });
}

const fieldsOf = (form) =>
  [...elementOf(form).querySelectorAll('*')].map(({ component }) => component).filter((one) => one?.isField && one.data.name);

const collected = (form) => Object.fromEntries(fieldsOf(form).map(({ data }) => [data.name, data.value]));

function reset(form) {
  for (const field of fieldsOf(form)) field.setData({ value: '' });
  fire(form, 'reset');
}

function written(tag) {
  return {
    field: true,
    properties: {
      name: String, value: ANY, type: { type: String, value: 'text' }, password: Boolean, placeholder: String,
      placeholderStyle: String, placeholderClass: String, disabled: Boolean, maxlength: { type: Number, value: 140 },
      focus: Boolean, autoFocus: Boolean, confirmType: String, confirmHold: Boolean, autoHeight: Boolean, fixed: Boolean,
      adjustPosition: { type: Boolean, value: true }, cursor: Number, cursorSpacing: ANY, selectionStart: Number,
      selectionEnd: Number, showConfirmBar: Boolean, holdKeyboard: Boolean, alwaysEmbed: Boolean, disableDefaultPadding: Boolean,
    },
    made: (component, element) => listenTo(component, element.appendChild(document.createElement(tag)), tag),
    watch: {
      'value, placeholder, disabled, maxlength': (component, value, placeholder, disabled, maxlength) => {
        const input = elementOf(component).firstChild;
        const text = String(value ?? '');
        if (input.value !== text) input.value = text;
        input.placeholder = placeholder ?? '';
        input.disabled = Boolean(disabled);
        if (maxlength > 0) input.maxLength = maxlength;
        else input.removeAttribute('maxlength');
      },
      'type, password, name, ariaLabel': (component, type, password, name, label) => {
        const input = elementOf(component).firstChild;
        if (tag === 'input') input.type = password ? 'password' : 'text';
        input.inputMode = KEYBOARDS[type] ?? 'text';
        if (label) input.setAttribute('aria-label', label);
        attribute(component, 'name', name);
      },
      'focus, autoFocus': (component, focus, auto) => {
        if (focus || auto) elementOf(component).firstChild.focus();
      },
    },
  };
}

function listenTo(component, input, tag) {
  const sends = (name, detail) => (event) => {
    event.stopPropagation();
    fire(component, name, detail());
  };
  const value = () => ({ value: input.value });
  input.addEventListener('input', (event) => {
    event.stopPropagation();
    component.setData({ value: input.value });
    fire(component, 'input', { value: input.value, cursor: input.selectionStart, keyCode: 0 });
  });
  input.addEventListener('change', (event) => event.stopPropagation());
  input.addEventListener('focus', sends('focus', () => ({ ...value(), height: 0 })));
  input.addEventListener('blur', sends('blur', value));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && tag === 'input') fire(component, 'confirm', value());
  });
}

function ticked(type) {
  return {
    field: type === 'switch',
    properties: { name: String, checked: Boolean, disabled: Boolean, color: String, value: type === 'switch' ? ANY : String, type: String },
    made: (component, element) => {
      const input = document.createElement('input');
      input.type = type === 'radio' ? 'radio' : 'checkbox';
      if (type === 'switch') input.setAttribute('role', 'switch');
      element.prepend(input);
      input.addEventListener('input', (event) => event.stopPropagation());
      input.addEventListener('change', (event) => {
        event.stopPropagation();
        component.setData({ checked: input.checked });
        if (type === 'switch') fire(component, 'change', { value: input.checked });
        else chosen(component, type);
      });
    },
    watch: {
      'checked, disabled, color': (component, checked, disabled, color) => {
        const input = elementOf(component).querySelector('input');
        Object.assign(input, { checked: Boolean(checked), disabled: Boolean(disabled) });
        if (color) input.style.accentColor = color;
        if (type === 'switch' && component.data.value !== Boolean(checked)) component.setData({ value: Boolean(checked) });
      },
    },
  };
}

function chosen(component, type) {
  const group = around(component, `${type}-group`);
  if (!group) return;
  const all = [...elementOf(group).querySelectorAll(`wx-${type}`)].map((element) => element.component);
  if (type === 'radio') all.forEach((one) => one !== component && one.setData({ checked: false }));
  const on = all.filter((one) => one.data.checked).map((one) => one.data.value);
  const value = type === 'radio' ? component.data.value : on;
  group.setData({ value });
  fire(group, 'change', { value });
}

function definePicker() {
  define('picker', {
    field: true,
    properties: {
      name: String, mode: { type: String, value: 'selector' }, range: { type: Array, value: [] }, rangeKey: String,
      value: ANY, start: String, end: String, fields: String, disabled: Boolean, headerText: String, level: String,
    },
    tapped: async (component) => {
      if (component.data.disabled) return;
      const value = await picked(component.data);
      if (value === null) {
        fire(component, 'cancel');
        return;
      }
      component.setData({ value });
      fire(component, 'change', { value: typeof value === 'number' ? String(value) : value });
    },
  });
}

async function picked({ mode, range, rangeKey, value, start, end, fields }) {
  const labels = (column) => column.map((one) => (rangeKey ? one[rangeKey] : one));
  if (mode === 'selector') return sheet(labels(range));
  if (mode === 'multiSelector') {
    const indexes = [];
    for (const column of range) {
      const index = await sheet(labels(column));
      if (index === null) return null;
      indexes.push(index);
    }
    return indexes;
  }
  const type = mode === 'time' ? 'time' : fields === 'month' ? 'month' : 'date';
  return entered({ type, value, min: start, max: end });
}
