// @ts-check
// Lets a file be dropped, sends it and says how far it is. Without this file the form does the same by itself.
import { failed, part, refusalIn, say, send, takeDrops, tell, tooLarge } from './upload.js';

/** @type {HTMLFormElement | null} */
const form = document.querySelector('#import-form');
if (form) upgrade(form);

/** @param {HTMLFormElement} form */
function upgrade(form) {
  /** @type {HTMLInputElement} */
  const file = part('file');
  file.addEventListener('change', () => tell('file', tooLarge(file.files?.[0])));
  takeDrops(part('import-drop'), file);
  form.addEventListener('submit', event => {
    event.preventDefault();
    const chosen = file.files?.[0];
    const wrong = chosen ? tooLarge(chosen) : 'Choose a file.';
    tell('file', wrong);
    if (wrong) file.focus();
    else send(form, { method: 'POST', to: form.action, sent: 'Sent. Reading it …', answered: request => answered(form, request) });
  });
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
  failed(form, refusalIn(request).words);
}
