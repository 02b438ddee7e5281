// Province, city and county as three selects over one 6-digit code. Without JavaScript the code field itself shows.
import { all } from './page.js';

let areas = null;
const load = () => {
  areas = areas || fetch(document.documentElement.dataset.area).then((reply) => reply.json());
  return areas;
};

function fill(select, map, prefix, chosen) {
  select.length = 1;
  Object.keys(map).filter((code) => code.startsWith(prefix)).forEach((code) => select.add(new Option(map[code], code, false, code === chosen)));
  select.disabled = select.length === 1;
}

async function show(box, code) {
  const map = await load();
  const [province, city, county] = all('select', box);
  fill(province, map.province_list, '', code && `${code.slice(0, 2)}0000`);
  fill(city, map.city_list, code ? code.slice(0, 2) : 'x', code && `${code.slice(0, 4)}00`);
  fill(county, map.county_list, code && city.value ? code.slice(0, 4) : 'x', code);
}

export async function chooseRegion(select) {
  const box = select.closest('[data-region]');
  const input = box.querySelector('input');
  const [province, city, county] = all('select', box);
  const map = await load();
  if (select === province) { fill(city, map.city_list, province.value.slice(0, 2) || 'x', ''); fill(county, {}, 'x', ''); }
  if (select === city) fill(county, map.county_list, city.value.slice(0, 4) || 'x', '');
  input.value = county.value || (county.disabled && city.value) || '';
  input.dispatchEvent(new Event('change', { bubbles: true }));
}

// Loads the 28 KB of names only where a page has such a field and it is needed: a value to show, or a first touch.
export function prepareRegions(root = document) {
  all('[data-region]:not([data-ready])', root).forEach((box) => {
    box.dataset.ready = '';
    const input = box.querySelector('input');
    const selects = all('select', box);
    selects[0].parentElement.hidden = false;
    input.hidden = true;
    if (input.value) show(box, input.value);
    else {
      selects[0].disabled = false;
      selects[0].addEventListener('pointerdown', () => { if (selects[0].length === 1) show(box, ''); }, { once: true });
      selects[0].addEventListener('focus', () => { if (selects[0].length === 1) show(box, ''); }, { once: true });
    }
  });
}
