// Small things every script needs.
export const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

export function xsrfHeaders() {
  const meta = document.querySelector('meta[name="xsrf"]');
  return { 'X-XSRFToken': meta ? meta.content : '', Accept: 'application/json', 'X-Requested-With': 'fetch' };
}

export function toast(text, tone = 'ok') {
  const box = document.querySelector('.rq-toasts');
  if (!box) return;
  const note = document.createElement('div');
  note.className = `rq-note rq-note-${tone}`;
  note.textContent = text;
  box.append(note);
  setTimeout(() => note.remove(), 6000);
}

// The text under a field, the same shape the server renders (components/field.html).
export function setFieldError(input, text) {
  const cell = input.closest('[data-field]');
  if (!cell) { if (text) toast(text, 'bad'); return; }
  let line = cell.querySelector('.rq-error');
  if (!text) {
    if (line) line.remove();
    input.removeAttribute('aria-invalid');
    input.classList.remove('is-invalid');
    return;
  }
  if (!line) {
    line = document.createElement('p');
    line.className = 'rq-error';
    line.id = `${input.id}-error`;
    cell.append(line);
  }
  line.setAttribute('role', 'alert');
  line.textContent = text;
  input.setAttribute('aria-invalid', 'true');
  input.setAttribute('aria-describedby', line.id);
}
