// WeChat's own surfaces over a page: modal, action sheet, toast, a picture full screen.
const made = (markup) => {
  const holder = document.createElement('div');
  holder.innerHTML = markup;
  return document.body.appendChild(holder.firstElementChild);
};
const safe = (text) =>
  String(text ?? '').replace(/[&<>"]/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one]);

/** {confirm, cancel, content}. */
export function modal({ title, content, editable, placeholderText, showCancel = true, cancelText = '取消', confirmText = '确定' }) {
  const body = editable
    ? `<input aria-label="${safe(title)}" placeholder="${safe(placeholderText)}" value="${safe(content)}">`
    : `<p>${safe(content)}</p>`;
  const no = showCancel ? `<button data-no>${safe(cancelText)}</button>` : '';
  const shown = made(
    `<div class="wechat" role="alertdialog"><div class="box"><h3>${safe(title)}</h3>${body}` +
      `<footer>${no}<button data-yes>${safe(confirmText)}</button></footer></div></div>`,
  );
  return new Promise((answer) => {
    shown.addEventListener('click', ({ target }) => {
      if (target.tagName !== 'BUTTON') return;
      const confirm = 'yes' in target.dataset;
      const text = shown.querySelector('input')?.value;
      shown.remove();
      answer({ confirm, cancel: !confirm, ...(editable && confirm ? { content: text } : {}) });
    });
  });
}

/** The index of the item chosen, or null. */
export function sheet(items) {
  return bottomSheet(items.map((text, i) => `<button data-value="${i}">${safe(text)}</button>`).join('')).then((value) =>
    value === null ? null : Number(value),
  );
}

/** What was written into an <input> of this type (date, time, month), or null. */
export function entered({ type, value, min, max }) {
  const limits = `${min ? ` min="${safe(min)}"` : ''}${max ? ` max="${safe(max)}"` : ''}`;
  return bottomSheet(
    `<input aria-label="picker" type="${type}" value="${safe(value)}"${limits}><button data-entered>确定</button>`,
  );
}

function bottomSheet(inner) {
  const shown = made(`<div class="wechat" role="dialog"><div class="sheet">${inner}<button data-no>取消</button></div></div>`);
  return new Promise((answer) => {
    const close = (value) => {
      shown.remove();
      answer(value);
    };
    shown.addEventListener('click', ({ target }) => {
      if ('value' in target.dataset) close(target.dataset.value);
      else if ('entered' in target.dataset) close(shown.querySelector('input').value);
      else if ('no' in target.dataset || target === shown) close(null);
    });
  });
}

let timer = 0;
let toasted = null;

export function toast(text, { ms = 0 } = {}) {
  hideToast();
  toasted = made(`<div class="toast" role="status">${safe(text)}</div>`);
  if (ms) timer = setTimeout(hideToast, ms);
}

export function hideToast() {
  clearTimeout(timer);
  toasted?.remove();
  toasted = null;
}

/** A picture over everything, until it is tapped. */
export function picture(url) {
  const shown = made(`<div class="picture" role="dialog" aria-label="图片预览"><img src="${safe(url)}" alt=""></div>`);
  shown.addEventListener('click', () => shown.remove());
}
