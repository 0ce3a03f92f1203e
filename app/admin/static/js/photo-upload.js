// @ts-check
// Sends the chosen photo and says how far it is. Without this file the form does the same by itself.
import { failed, part, refusalIn, say, send, takeDrops, tell, tooLarge } from './upload.js';

/** @type {HTMLFormElement | null} */
const form = document.querySelector('#photo-form');
if (form) upgrade(form);

/** @param {HTMLFormElement} form */
function upgrade(form) {
  /** @type {HTMLInputElement} */
  const file = part('file');
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
      const to = form.dataset.api ?? '';
      send(form, { method: 'PUT', to, sent: 'Sent. Making its sizes …', answered: request => answered(form, request) });
    }
  });
}

/** @param {HTMLFormElement} form @param {File | undefined} chosen */
const noFile = (form, chosen) => chosen || form.dataset.hasPhoto ? '' : 'Choose a photo.';

function noWords() {
  /** @type {HTMLInputElement} */
  const alt = part('alt');
  /** @type {HTMLInputElement} */
  const decorative = part('decorative');
  return alt.value.trim() || decorative.checked ? '' : 'Say what is to be seen, or tick the box below.';
}

/** @param {HTMLFormElement} form @param {XMLHttpRequest} request */
function answered(form, request) {
  if (request.status === 200) {
    say('Saved.');
    location.assign(`${form.action.split('?')[0]}?saved=yes`);
    return;
  }
  const { errors, words } = refusalIn(request);
  for (const { field, message } of errors) {
    tell(field, field === 'file' ? `This file ${message}.` : `It ${message}.`);
  }
  failed(form, errors.length ? 'The photo is not saved.' : words);
  if (errors.length) part(errors[0].field)?.focus();
}
