// @ts-check
// Making a passkey for the account, on its page.

import { ask, canUsePasskeys, explain } from './passkey_words.js';

const form = /** @type {HTMLFormElement} */ (document.getElementById('add-passkey'));

/** @param {string} name */
async function add(name) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await ask('/passkeys/options'));
  const credential = /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }));
  await ask('/passkeys', { name, credential: credential.toJSON() });
  location.assign('/account?done=passkey');
}

form.addEventListener('submit', event => {
  event.preventDefault();
  const name = /** @type {HTMLInputElement} */ (form.elements.namedItem('name')).value;
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'));
  button.disabled = true;
  add(name).catch(error => explain(error, 'make one')).finally(() => { button.disabled = false; });
});
form.hidden = !canUsePasskeys();
