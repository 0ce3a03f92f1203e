// @ts-check
// Lets a file be dropped, sends it and says how far it is. Without this file the form does the same by itself.

const LARGEST = 20 * 1024 * 1024;
const PAUSE = 'The shop does not answer. Nothing was changed; try again in a moment.';

/** @template {HTMLElement} T @param {string} id @returns {T} */
const part = id => /** @type {T} */ (document.getElementById(id));

/** @type {HTMLFormElement | null} */
const form = document.querySelector('#import-form');
if (form) upgrade(form);

/** @param {HTMLFormElement} form */
function upgrade(form) {
  /** @type {HTMLInputElement} */
  const file = part('file');
  part('drop-words').hidden = false;
  file.addEventListener('change', () => tell(tooLarge(file.files?.[0])));
  takeDrops(part('import-drop'), file);
  form.addEventListener('submit', event => {
    event.preventDefault();
    const chosen = file.files?.[0];
    const wrong = chosen ? tooLarge(chosen) : 'Choose a file.';
    tell(wrong);
    if (wrong) file.focus();
    else send(form);
  });
}

/** @param {File | undefined} chosen */
const tooLarge = chosen => chosen && chosen.size > LARGEST ? 'This file is larger than 20 MB.' : '';

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
  request.upload.addEventListener('progress', ({ loaded, total }) => show(Math.round(loaded / total * 100)));
  request.upload.addEventListener('load', () => say('Sent. Reading it …'));
  request.addEventListener('load', () => answered(form, request));
  request.addEventListener('error', () => failed(form, PAUSE));
  request.open('POST', form.action);
  request.setRequestHeader('Accept', 'application/json');
  request.send(new FormData(form));
  lock(form, true);
  part('progress').hidden = false;
  show(0);
}

/** The browser has followed to the page of what was found. @param {HTMLFormElement} form @param {XMLHttpRequest} request */
function answered(form, request) {
  if (request.status === 200 && request.responseURL !== form.action) {
    say('Read.');
    location.assign(request.responseURL);
    return;
  }
  if (request.status === 422) {
    failed(form, 'The number of units must be a whole number, 1 or more, or empty.');
    part('quantity').focus();
    return;
  }
  failed(form, problemIn(request) || PAUSE);
}

/** @param {XMLHttpRequest} request @returns {string} */
function problemIn(request) {
  try {
    const { detail = '', title = '' } = JSON.parse(request.responseText);
    return detail || title;
  } catch {
    return '';
  }
}

/** @param {HTMLFormElement} form @param {string} words */
function failed(form, words) {
  part('progress').hidden = true;
  say(words);
  lock(form, false);
  part('file').focus();
}

/** @param {number} percent */
function show(percent) {
  /** @type {HTMLProgressElement} */
  const bar = part('progress-bar');
  bar.value = percent;
  if (percent < 100) say(`Sending, ${percent}%`);
}

/** @param {string} words */
function say(words) {
  part('progress-words').textContent = words;
}

/** @param {HTMLFormElement} form @param {boolean} locked */
function lock(form, locked) {
  form.toggleAttribute('aria-busy', locked);
  for (const button of form.querySelectorAll('button')) button.disabled = locked;
}

/** Show what is wrong with the file beside it; '' for nothing. @param {string} words */
function tell(words) {
  part('file-error').textContent = words;
  part('file').toggleAttribute('aria-invalid', Boolean(words));
}
