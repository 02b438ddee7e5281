// The console's work list by keyboard (j, k, Enter, Esc, /) and the columns a person has hidden.
import { all } from './page.js';
import { closeDrawer } from './dialogs.js';

const rows = () => all('table[data-worklist] tbody tr');
const typing = (el) => el.closest('input, textarea, select, [contenteditable]');

function move(step) {
  const list = rows();
  if (!list.length) return;
  const now = list.findIndex((row) => row.classList.contains('is-selected'));
  const next = list[Math.min(list.length - 1, Math.max(0, now < 0 ? 0 : now + step))];
  list.forEach((row) => row.classList.toggle('is-selected', row === next));
  const link = next.querySelector('a[data-opens]');
  const open = document.querySelector('dialog[open]');
  if (link && open) link.click(); // inside the drawer j and k walk from case to case
  else if (link) link.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === 'Escape') { if (location.hash === '#rq-side') location.hash = '#main'; closeDrawer(); return; }
  if (typing(event.target)) return;
  if (event.key === 'j') move(1);
  if (event.key === 'k') move(-1);
  if (event.key === '/') { const box = document.querySelector('[data-find]'); if (box) { event.preventDefault(); box.focus(); } }
  if (event.key === 'Enter' && !event.target.closest('a, button, summary')) {
    const link = document.querySelector('tr.is-selected a[data-opens]');
    if (link) link.click();
  }
});

// A click anywhere in a row opens it, except on something that acts by itself.
document.addEventListener('click', (event) => {
  const row = event.target.closest('table[data-worklist] tbody tr');
  if (!row || event.target.closest('a, button, input, label')) return;
  if (String(getSelection())) return;
  const link = row.querySelector('a[data-opens]');
  if (link) link.click();
});

const KEY = 'rq-columns:';
const read = (name) => { try { return JSON.parse(localStorage.getItem(KEY + name)) || []; } catch { return []; } };

function applyColumns(table) {
  const hidden = read(table.dataset.worklist);
  all('[data-col]', table).forEach((cell) => { cell.hidden = hidden.includes(cell.dataset.col); });
  all('input[data-column]').forEach((box) => { box.checked = !hidden.includes(box.dataset.column); });
}

document.addEventListener('change', (event) => {
  const box = event.target.closest('input[data-column]');
  const table = box && document.querySelector('table[data-worklist]');
  if (!table) return;
  const hidden = read(table.dataset.worklist).filter((name) => name !== box.dataset.column);
  if (!box.checked) hidden.push(box.dataset.column);
  try { localStorage.setItem(KEY + table.dataset.worklist, JSON.stringify(hidden)); } catch { /* private window: for this page only */ }
  applyColumns(table);
});

const applyAll = () => all('table[data-worklist]').forEach(applyColumns);
document.addEventListener('htmx:afterSwap', applyAll);
applyAll();
