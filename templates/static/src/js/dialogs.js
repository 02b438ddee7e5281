// Questions before destructive acts, and the drawer. Both are <dialog>: Esc, focus trap and backdrop are the browser's.
import { all } from './page.js';

// A submit button with data-confirm asks first; without JavaScript it submits straight away and the server asks.
export function ask(button) {
  const dialog = document.getElementById('rq-confirm');
  if (!dialog || !dialog.showModal) return false;
  dialog.querySelector('h2').textContent = button.dataset.confirm;
  dialog.querySelector('p').textContent = button.dataset.confirmText || '';
  const go = dialog.querySelector('[value="yes"]');
  go.textContent = button.dataset.confirmLabel || button.textContent.trim();
  go.className = `btn ${button.dataset.confirmTone === 'primary' ? 'btn-primary' : 'rq-btn-bad-solid'}`;
  dialog.returnValue = '';
  dialog.onclose = () => {
    if (dialog.returnValue !== 'yes') { button.focus(); return; }
    button.dataset.confirmed = '';
    if (button.form && button.form.requestSubmit) button.form.requestSubmit(button); else button.click();
    delete button.dataset.confirmed;
  };
  dialog.showModal();
  return true;
}

const drawer = () => document.getElementById('rq-drawer');

export function openDrawer(content) {
  const dialog = drawer();
  if (!dialog || !dialog.showModal) return;
  const part = content.querySelector('[data-drawer-title]');
  if (part) dialog.querySelector('#rq-drawer-title').textContent = part.dataset.drawerTitle;
  dialog.classList.toggle('is-wide', Boolean(content.querySelector('[data-wide]')));
  if (!dialog.open) dialog.showModal();
  if (!dialog.contains(document.activeElement)) dialog.focus();
  const row = part && part.dataset.row && document.getElementById(part.dataset.row);
  all('tr.is-selected').forEach((other) => other.classList.remove('is-selected'));
  if (row) row.classList.add('is-selected');
}

export function closeDrawer() {
  const dialog = drawer();
  if (dialog && dialog.open) dialog.close();
}

document.addEventListener('close', (event) => {
  if (event.target.id !== 'rq-drawer') return;
  document.getElementById('rq-drawer-body').replaceChildren();
  const link = document.querySelector('tr.is-selected a[data-opens]');
  if (link) link.focus({ preventScroll: true });
}, true);
