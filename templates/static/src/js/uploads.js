// Shows a chosen file at once and refuses a wrong size or type before it is sent. The server checks again.
import { setFieldError } from './page.js';

const matches = (file, accept) => !accept || accept.split(',').some((kind) => {
  const want = kind.trim().toLowerCase();
  if (want.startsWith('.')) return file.name.toLowerCase().endsWith(want);
  return want.endsWith('/*') ? file.type.startsWith(want.slice(0, -1)) : file.type === want || file.type === '';
});

const size = (bytes) => (bytes < 1048576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1048576).toFixed(1)} MB`);

function problem(file, input) {
  const limit = Number(input.dataset.maxBytes) || 5 * 1024 * 1024;
  if (file.size > limit) return `“${file.name}”有 ${size(file.size)}，单个文件不能超过 ${size(limit)}，请压缩后重新选择。`;
  if (file.size === 0) return `“${file.name}”是空文件，请重新选择。`;
  if (!matches(file, input.accept)) return `“${file.name}”的格式不支持，${input.dataset.formats || '请换一个文件'}。`;
  return '';
}

export function preview(input) {
  const box = input.closest('.rq-upload');
  box.querySelectorAll('img, .rq-upload-bar').forEach((node) => node.remove());
  const file = input.files[0];
  const wrong = file ? problem(file, input) : '';
  box.classList.toggle('is-invalid', Boolean(wrong));
  setFieldError(input, wrong);
  if (!file || wrong) { if (wrong) input.value = ''; return; }
  if (/^image\/(jpeg|png|bmp|webp)$/.test(file.type)) {
    const picture = new Image();
    picture.alt = '';
    picture.src = URL.createObjectURL(file);
    picture.onload = () => URL.revokeObjectURL(picture.src);
    box.append(picture);
  }
  const bar = document.createElement('span');
  bar.className = 'rq-upload-bar';
  const name = document.createElement('span');
  name.textContent = file.name;
  bar.append(name, size(file.size));
  box.append(bar);
}
