// @ts-check
// Signing in with a passkey: by the button, or by the browser's own suggestion in the e-mail field.

import { ask, canUsePasskeys, explain } from './passkey_words.js';

/** The shop forgets what it asked after 5 minutes; a page that waits asks anew before. */
const ANEW_MS = 4 * 60_000;
const form = /** @type {HTMLFormElement} */ (document.getElementById('passkey'));
const button = /** @type {HTMLButtonElement} */ (document.getElementById('use-passkey'));
let waiting = new AbortController();

/** @param {CredentialMediationRequirement} mediation */
async function use(mediation) {
  waiting.abort(); // a browser answers one question at a time
  waiting = new AbortController();
  const { signal } = waiting;
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await ask('/session/passkey/options'));
  signal.throwIfAborted();
  const credential = /** @type {PublicKeyCredential | null} */ (
    await navigator.credentials.get({ publicKey, mediation, signal }));
  if (!credential) return;
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem('credential'));
  field.value = JSON.stringify(credential.toJSON());
  form.submit();
}

async function suggest() {
  if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
  use('conditional').catch(() => {}); // nobody asked for it, so nobody is told
}

if (canUsePasskeys()) {
  form.hidden = false;
  button.addEventListener('click', () => {
    clearInterval(timer);
    use('optional').catch(error => explain(error, 'sign you in'));
  });
  suggest();
}
const timer = setInterval(() => {
  if (canUsePasskeys() && !document.hidden) suggest();
}, ANEW_MS);
