// The button that asks for an SMS code: one request, then a count-down by the wall clock (right after a sleep).
import { setFieldError, xsrfHeaders } from './page.js';

const timers = new WeakMap();

function countDown(button, until) {
  clearTimeout(timers.get(button));
  const left = Math.ceil((until - Date.now()) / 1000);
  button.disabled = left > 0;
  button.textContent = left > 0 ? `${left} 秒后重发` : '重新获取';
  if (left > 0) timers.set(button, setTimeout(() => countDown(button, until), 250));
}

function body(button, form) {
  const data = new URLSearchParams();
  (button.dataset.send || '').split(',').filter(Boolean).forEach((name) => {
    const field = form && form.elements.namedItem(name);
    if (field && 'value' in field) data.set(name, field.value);
  });
  return data;
}

export async function askForCode(button) {
  const form = button.closest('form');
  const input = document.getElementById(button.dataset.for);
  const first = (button.dataset.send || '').split(',')[0];
  const phone = form && form.elements.namedItem(first);
  if (phone && phone.required && !phone.value.trim()) { setFieldError(phone, '请先填写手机号码。'); phone.focus(); return; }
  const label = button.textContent;
  button.disabled = true;
  try {
    const reply = await fetch(button.dataset.url, { method: 'POST', headers: xsrfHeaders(), body: body(button, form) });
    const answer = await reply.json().catch(() => ({}));
    if (reply.ok) {
      setFieldError(input, '');
      if (phone) setFieldError(phone, '');
      countDown(button, Date.now() + 1000 * (answer.resend_seconds || 60));
      input.focus();
      return;
    }
    const error = answer.error || answer;
    const wait = Number(error.retry_after_seconds || (error.facts && error.facts.retry_after_seconds) || reply.headers.get('Retry-After')) || 0;
    const field = (form && error.field && form.elements.namedItem(error.field)) || input;
    setFieldError(field, error.message || '验证码没有发出，请稍后再试。');
    if (wait) countDown(button, Date.now() + wait * 1000); else { button.disabled = false; button.textContent = label; }
  } catch {
    button.disabled = false;
    button.textContent = label;
    setFieldError(input, '网络不通，请检查网络后再试。');
  }
}
