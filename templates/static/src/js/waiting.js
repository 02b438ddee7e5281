// Boxes that wait for news: <div data-events="/url" data-poll="/url">. Server-sent events first, polling when they fail.
import { all } from './page.js';

function take(box, news) {
  if (news.href) { location.assign(news.href); return true; }
  if (news.reload) { location.reload(); return true; }
  if (news.state) {
    box.dataset.state = news.state;
    all('[data-when]', box).forEach((part) => { part.hidden = !part.dataset.when.split(' ').includes(news.state); });
  }
  if (news.text) { const line = box.querySelector('[data-text]'); if (line) line.textContent = news.text; }
  if (news.submit) document.getElementById(news.submit).requestSubmit();
  return Boolean(news.done);
}

function poll(box) {
  const url = box.dataset.poll || box.dataset.events;
  const again = () => { if (box.isConnected) setTimeout(ask, 2000); };
  async function ask() {
    if (document.hidden) { again(); return; }
    try {
      const reply = await fetch(url, { headers: { Accept: 'application/json' } });
      if (reply.status === 204) { again(); return; }
      if (!reply.ok || take(box, await reply.json())) { if (reply.status >= 500) again(); return; }
    } catch { /* the network comes back */ }
    again();
  }
  ask();
}

function listen(box) {
  if (!window.EventSource) { poll(box); return; }
  const source = new EventSource(box.dataset.events);
  let failures = 0;
  source.onopen = () => { failures = 0; };
  source.onmessage = (event) => { if (take(box, JSON.parse(event.data))) source.close(); };
  source.onerror = () => {
    failures += 1;
    if (source.readyState === EventSource.CLOSED || failures > 2 || !box.isConnected) { source.close(); if (box.isConnected) poll(box); }
  };
}

function expire(box) {
  const { lasts, expires } = box.dataset; // what lasts seconds needs no clock that is right
  const end = lasts ? Date.now() + lasts * 1000 : Date.parse(expires);
  const clock = box.querySelector('[data-clock]');
  (function tick() {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    if (clock) clock.textContent = left >= 60 ? `${Math.floor(left / 60)} 分 ${String(left % 60).padStart(2, '0')} 秒` : `${left} 秒`;
    if (left > 0) { if (box.isConnected) setTimeout(tick, 500); return; }
    if (box.dataset.over) take(box, { state: 'expired', text: box.dataset.over });
    all('[data-expired]', box).forEach((part) => { part.hidden = false; });
  })();
}

export function prepareWaiting(root = document) {
  all('[data-events]:not([data-ready])', root).forEach((box) => { box.dataset.ready = ''; listen(box); });
  all('[data-expires]:not([data-ticking]), [data-lasts]:not([data-ticking])', root).forEach((box) => { box.dataset.ticking = ''; expire(box); });
}
