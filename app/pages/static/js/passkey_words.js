// @ts-check
// Talking to the shop about passkeys, and saying what went wrong.

/** What browsers call it when somebody closed their dialogue, or let it time out. */
const DECLINED = new Set(['NotAllowedError', 'AbortError']);

/** Whether this browser can, and may at this address.
 * @returns {boolean} */
export function canUsePasskeys() {
  return Boolean(window.isSecureContext && window.PublicKeyCredential?.parseRequestOptionsFromJSON);
}

/** @param {string} path @param {object} [body] @returns {Promise<any>} */
export async function ask(path, body) {
  const response = await fetch(`/api/v1${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Refusal(answer);
  return answer;
}

/** The shop's no, in its own words. */
class Refusal extends Error {
  /** @param {{title: string, detail?: string}} problem */
  constructor({ title, detail }) {
    super(detail ? `${title}. ${detail}` : `${title}.`);
  }
}

/** @param {unknown} error @param {string} what such as "sign you in" */
export function explain(error, what) {
  const problem = /** @type {HTMLElement} */ (document.getElementById('passkey-problem'));
  problem.textContent = words(error, what);
  problem.hidden = false;
}

/** @param {unknown} error @param {string} what */
function words(error, what) {
  if (error instanceof Refusal) return error.message;
  if (!(error instanceof DOMException)) return `We could not ${what}. Please try again.`;
  if (error.name === 'InvalidStateError') return 'This device has a passkey for your account already.';
  return DECLINED.has(error.name) ? 'No passkey was used.' : `Your browser could not ${what} with a passkey.`;
}
