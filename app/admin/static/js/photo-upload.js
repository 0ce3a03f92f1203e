// @ts-check
// Sends the chosen photo and says how far it is. Without this file the form does the same by itself.

const LARGEST = 20 * 1024 * 1024;
const PAUSE = 'The shop does not answer. Nothing was changed; try again in a moment.';

/** @template {HTMLElement} T @param {string} id @returns {T} */
const part = id => /** @type {T} */ (document.getElementById(id));

/** @type {HTMLFormElement | null} */
const form = document.querySelector('#photo-form');
if (form) upgrade(form);

/** @param {HTMLFormElement} form */
function upgrade(form) {
  /** @type {HTMLInputElement} */
  const file = part('file');
  part('drop-words').hidden = false;
  file.addEventListener('change', () => tell('file', tooLarge(file.files?.[0])));
  takeDrops(part('drop-here'), file);
  form.addEventListener('submit', event => {
    const chosen = file.files?.[0];
    const wrong = { file: tooLarge(chosen) || noFile(form, chosen), alt: noWords() };
    tell('alt', wrong.alt);
    tell('file', wrong.file);
    if (wrong.file || wrong.alt) {
      event.preventDefault();
      part(wrong.file ? 'file' : 'alt').focus();
    } else if (chosen) {
      event.preventDefault();
      send(form);
    }
  });
}

/** @param {HTMLFormElement} form @param {File | undefined} chosen */
const noFile = (form, chosen) => chosen || form.dataset.hasPhoto ? '' : 'Choose a photo.';

/** @param {File | undefined} chosen */
const tooLarge = chosen => chosen && chosen.size > LARGEST ? 'This file is larger than 20 MB.' : '';

function noWords() {
  /** @type {HTMLInputElement} */
  const alt = part('alt');
  /** @type {HTMLInputElement} */
  const decorative = part('decorative');
  return alt.value.trim() || decorative.checked ? '' : 'Say what is to be seen, or tick the box below.';
}

/** @param {HTMLElement} zone @param {HTMLInputElement} file */
function takeDrops(zone, file) {
  /** @param {boolean} over */
  const mark = over => zone.toggleAttribute('data-over', over);
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

/** @param {HTMLFormElement} form */
function send(form) {
  const request = new XMLHttpRequest();
  request.upload.addEventListener('progress', ({ loaded, total }) => showProgress(Math.round(loaded / total * 100)));
  request.upload.addEventListener('load', () => say('Sent. Making its sizes …'));
  request.addEventListener('load', () => answered(form, request));
  request.addEventListener('error', () => failed(PAUSE));
  request.open('PUT', form.dataset.api ?? '');
  request.setRequestHeader('Accept', 'application/json');
  request.send(new FormData(form));
  form.setAttribute('aria-busy', 'true');
  lock(form, true);
  part('upload').hidden = false;
  showProgress(0);
}

/** @param {HTMLFormElement} form @param {XMLHttpRequest} request */
function answered(form, request) {
  if (request.status === 200) {
    say('Saved.');
    location.assign(`${form.action.split('?')[0]}?saved=yes`);
    return;
  }
  lock(form, false);
  form.removeAttribute('aria-busy');
  const { errors = [], detail = '', title = '' } = problemIn(request);
  for (const { field, message } of errors) {
    tell(field, field === 'file' ? `This file ${message}.` : `It ${message}.`);
  }
  failed(errors.length ? 'The photo is not saved.' : detail || title || PAUSE);
  if (errors.length) part(errors[0].field)?.focus();
}

/** @param {XMLHttpRequest} request
 * @returns {{errors?: {field: string, message: string}[], detail?: string, title?: string}} */
function problemIn(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

/** @param {string} words */
function failed(words) {
  part('upload-bar').hidden = true;
  say(words);
  const form = part('photo-form');
  form.removeAttribute('aria-busy');
  lock(/** @type {HTMLFormElement} */ (form), false);
  part('file').focus();
}

/** @param {number} percent */
function showProgress(percent) {
  /** @type {HTMLProgressElement} */
  const bar = part('upload-bar');
  bar.hidden = false;
  bar.value = percent;
  if (percent < 100) say(`Sending, ${percent}%`);
}

/** @param {string} words */
function say(words) {
  part('upload-words').textContent = words;
}

/** @param {HTMLFormElement} form @param {boolean} locked */
function lock(form, locked) {
  for (const button of form.querySelectorAll('button')) button.disabled = locked;
}

/** Show what is wrong with a field beside it; '' for nothing. @param {string} field @param {string} words */
function tell(field, words) {
  const place = document.getElementById(`${field}-error`);
  if (!place) return;
  place.textContent = words;
  part(field).toggleAttribute('aria-invalid', Boolean(words));
}
