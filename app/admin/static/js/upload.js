// @ts-check
// What forms that send a file have in common: a place to drop it, its limit, and how far it is. The form has its fields
// beside `FIELD-error`, and the parts `drop-words`, `upload`, `upload-bar` and `upload-words`.

const LARGEST = 20 * 1024 * 1024;
const PAUSE = 'The shop does not answer. Nothing was changed; try again in a moment.';

/** @typedef {{errors: {field: string, message: string}[], words: string}} Refusal */

/** @template {HTMLElement} T @param {string} id @returns {T} */
export const part = id => /** @type {T} */ (document.getElementById(id));

/** What is wrong with the size of the file; '' for nothing. @param {File | undefined} chosen */
export const tooLarge = chosen => chosen && chosen.size > LARGEST ? 'This file is larger than 20 MB.' : '';

/** Have files dropped on `zone` chosen in `file`. @param {HTMLElement} zone @param {HTMLInputElement} file */
export function takeDrops(zone, file) {
  /** @param {boolean} over */
  const mark = over => zone.toggleAttribute('data-over', over);
  part('drop-words').hidden = false;
  zone.addEventListener('dragover', event => { event.preventDefault(); mark(true); });
  zone.addEventListener('dragleave', () => mark(false));
  zone.addEventListener('drop', event => {
    event.preventDefault();
    mark(false);
    if (!event.dataTransfer?.files.length) return;
    file.files = event.dataTransfer.files;
    file.dispatchEvent(new Event('change'));
  });
}

/** Send the form's fields, and lock it meanwhile; `sent` is said once all is sent.
 * @param {HTMLFormElement} form
 * @param {{method: string, to: string, sent: string, answered: (request: XMLHttpRequest) => void}} way */
export function send(form, { method, to, sent, answered }) {
  const request = new XMLHttpRequest();
  request.upload.addEventListener('progress', ({ loaded, total }) => show(Math.round(loaded / total * 100)));
  request.upload.addEventListener('load', () => say(sent));
  request.addEventListener('load', () => answered(request));
  request.addEventListener('error', () => failed(form, PAUSE));
  request.open(method, to);
  request.setRequestHeader('Accept', 'application/json');
  request.send(new FormData(form));
  lock(form, true);
  part('upload').hidden = false;
  show(0);
}

/** What the shop says against it, field by field and in all. @param {XMLHttpRequest} request @returns {Refusal} */
export function refusalIn(request) {
  try {
    const { errors = [], detail = '', title = '' } = JSON.parse(request.responseText);
    return { errors, words: detail || title || PAUSE };
  } catch {
    return { errors: [], words: PAUSE };
  }
}

/** Let it be tried again, and say why. @param {HTMLFormElement} form @param {string} words */
export function failed(form, words) {
  part('upload-bar').hidden = true;
  say(words);
  lock(form, false);
  part('file').focus();
}

/** @param {number} percent */
function show(percent) {
  /** @type {HTMLProgressElement} */
  const bar = part('upload-bar');
  bar.hidden = false;
  bar.value = percent;
  if (percent < 100) say(`Sending, ${percent}%`);
}

/** @param {string} words */
export function say(words) {
  part('upload-words').textContent = words;
}

/** @param {HTMLFormElement} form @param {boolean} locked */
function lock(form, locked) {
  mark(form, 'aria-busy', locked);
  for (const button of form.querySelectorAll('button')) button.disabled = locked;
}

/** Show what is wrong with a field beside it; '' for nothing. @param {string} field @param {string} words */
export function tell(field, words) {
  const place = document.getElementById(`${field}-error`);
  if (!place) return;
  place.textContent = words;
  mark(part(field), 'aria-invalid', Boolean(words));
}

/** An empty attribute would say "false". @param {HTMLElement} element @param {string} name @param {boolean} holds */
function mark(element, name, holds) {
  if (holds) element.setAttribute(name, 'true');
  else element.removeAttribute(name);
}
