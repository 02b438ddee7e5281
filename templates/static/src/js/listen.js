// One delegated listener per kind of event; no page has a handler of its own.
import { all, setFieldError, toast, xsrfHeaders } from './page.js';
import { ask, closeDrawer, openDrawer } from './dialogs.js';
import { askForCode } from './sms.js';
import { preview } from './uploads.js';
import { chooseRegion, prepareRegions } from './regions.js';
import { prepareWaiting } from './waiting.js';

document.addEventListener('htmx:configRequest', (event) => {
  const { headers, parameters, triggeringEvent } = event.detail;
  headers['X-XSRFToken'] = xsrfHeaders()['X-XSRFToken'];
  const button = triggeringEvent && triggeringEvent.submitter; // htmx misses a button that stands outside its form
  if (button && button.name) parameters[button.name] = button.value;
});
document.addEventListener('htmx:responseError', () => toast('操作没有完成，请稍后再试。', 'bad'));
document.addEventListener('htmx:sendError', () => toast('网络不通，请检查网络后再试。', 'bad'));
document.addEventListener('rq:toast', (event) => toast(event.detail.text || event.detail.value, event.detail.tone));
document.addEventListener('rq:close-drawer', closeDrawer);
document.addEventListener('htmx:afterSwap', (event) => {
  prepare(event.target);
  if (event.target.id === 'rq-drawer-body') openDrawer(event.target);
});
document.addEventListener('htmx:afterSettle', (event) => focusErrors(event.target));

const acts = {
  print: () => window.print(),
  'close-dialog': (el) => el.closest('dialog').close(),
  captcha(el) {
    const picture = document.getElementById(el.dataset.for) || el;
    picture.src = `${picture.dataset.src}${picture.dataset.src.includes('?') ? '&' : '?'}t=${Date.now()}`;
  },
  sms: askForCode,
  dismiss: (el) => el.closest('[data-box]').remove(),
  reveal(el) {
    const input = document.getElementById(el.dataset.for);
    input.type = input.type === 'password' ? 'text' : 'password';
    el.setAttribute('aria-pressed', String(input.type === 'text'));
  },
};

document.addEventListener('click', (event) => {
  const el = event.target.closest('[data-act]');
  if (el && acts[el.dataset.act]) { acts[el.dataset.act](el); return; }
  const button = event.target.closest('button[data-confirm]');
  if (button && !('confirmed' in button.dataset)) {
    if (button.form && !button.formNoValidate && !button.form.noValidate && !button.form.reportValidity()) { event.preventDefault(); return; }
    if (ask(button)) event.preventDefault();
    return;
  }
  const menu = document.querySelector('details.rq-user[open]');
  if (menu && !menu.contains(event.target)) menu.open = false;
});

document.addEventListener('change', (event) => {
  const el = event.target;
  if (el.matches('.rq-upload input')) preview(el);
  if (el.matches('[data-region] select')) chooseRegion(el);
  if (el.matches('[data-submit]')) el.form.requestSubmit();
});

// While it is being mended, and not when it is left: a button under the pointer must not move away.
document.addEventListener('input', (event) => {
  if (event.target.matches('.is-invalid')) setFieldError(event.target, '');
  const counter = event.target.dataset && event.target.dataset.counter && document.getElementById(event.target.dataset.counter);
  if (counter) counter.textContent = `${event.target.value.length}/${event.target.maxLength}`;
});

// A form is sent once: the button shows what is happening; the idempotency field covers a second try all the same.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post' || event.defaultPrevented) return;
  if ('sent' in form.dataset) { event.preventDefault(); event.stopPropagation(); return; }
  form.dataset.sent = '';
  const button = event.submitter || form.querySelector('[type="submit"], button:not([type])');
  if (!button) return;
  const label = button.innerHTML;
  setTimeout(() => { // after the browser has collected the form, so that the button's own value is sent
    button.disabled = true;
    button.setAttribute('aria-busy', 'true');
    if (button.dataset.busy) button.textContent = button.dataset.busy;
  });
  const free = () => {
    delete form.dataset.sent;
    button.disabled = false;
    button.removeAttribute('aria-busy');
    if (button.dataset.busy) button.innerHTML = label;
  };
  form.addEventListener('htmx:afterRequest', free, { once: true });
  window.addEventListener('pageshow', (shown) => { if (shown.persisted) free(); }, { once: true });
}, true);

// 同意并继续 waits until the text was read to its end and was open long enough; how long goes with the form.
function prepareReaders(root) {
  all('[data-reader]', root).forEach((text) => {
    const form = text.closest('form') || document;
    const part = (name) => form.querySelector(`[data-reader-${name}]`);
    const gate = part('gate');
    const seconds = part('seconds');
    const needed = seconds ? Number(seconds.value) || 0 : 0;
    const opened = Date.now();
    const elapsed = () => Math.floor((Date.now() - opened) / 1000);
    let atEnd = false;
    const look = () => {
      atEnd = atEnd || text.scrollTop + text.clientHeight >= text.scrollHeight - 8;
      if (!atEnd) return;
      if (part('done')) part('done').value = '1';
      const left = needed - elapsed();
      if (left > 0) {
        if (part('hint')) part('hint').textContent = `已读到文末，请再停留 ${left} 秒。`;
        setTimeout(look, 250);
        return;
      }
      if (gate) gate.disabled = false;
      if (part('hint')) part('hint').hidden = true;
    };
    if (gate) gate.disabled = true;
    text.addEventListener('scroll', look, { passive: true });
    form.addEventListener('submit', () => { if (seconds) seconds.value = elapsed(); });
    look();
  });
}

function focusErrors(root) {
  const summary = root.querySelector && root.querySelector('.rq-errors');
  if (summary) summary.focus({ preventScroll: false });
}

function prepare(root) {
  prepareRegions(root);
  prepareWaiting(root);
  prepareReaders(root);
}

prepare(document);
focusErrors(document);
