// @ts-check
// Work before a form is sent: guesses until one fits, in small batches, so that the page stays awake meanwhile.
// No worker: our pages' Trusted Types let no script begin another. The browser derives keys beside the page anyway.

/** @typedef {{nonce: string, salt: string, cost: number, keyLength: number, keyPrefix: string, data: {most: number}}} Parameters */

const BATCH = 16;
/** Where a browser has no crypto (plain http), waiting does instead; the shop wants half a minute. */
const WAIT_SECONDS = 31;
/** Words every so many percent are enough for whoever hears them. */
const STEP_PERCENT = 20;
const field = /** @type {HTMLInputElement} */ (document.querySelector('[data-puzzle]'));
const words = /** @type {HTMLElement} */ (document.querySelector('[data-puzzle-words]'));
const form = /** @type {HTMLFormElement} */ (field.form);
/** Who pressed a button before the work was done. @type {HTMLElement | null} */ let pressed = null;
let done = false;

form.addEventListener('submit', event => {
  const { submitter } = /** @type {SubmitEvent} */ (event);
  if (done || submitter?.hasAttribute('formaction')) return;
  event.preventDefault();
  pressed = submitter;
  say('One moment, then we send it.');
});

const answer = JSON.parse(atob(field.value));
try {
  if (globalThis.crypto?.subtle) {
    const solution = await solve(answer.challenge.parameters);
    field.value = btoa(JSON.stringify({ ...answer, solution }));
  } else {
    await wait();
  }
} catch {
  await wait();
}
done = true;
say('Done.');
if (pressed || form.hasAttribute('data-send')) form.requestSubmit(/** @type {HTMLElement} */ (pressed) ?? undefined);

/** @param {Parameters} puzzle @returns {Promise<{counter: number, derivedKey: string}>} */
async function solve(puzzle) {
  const { most } = puzzle.data;
  let told = 0;
  say('Your browser does a little work first. It takes a few seconds.');
  for (let first = 0; first <= most; first += BATCH) {
    const keys = await Promise.all(Array.from({ length: BATCH }, (_, n) => guess(puzzle, first + n)));
    const found = keys.findIndex(key => key.startsWith(puzzle.keyPrefix));
    if (found >= 0) return { counter: first + found, derivedKey: keys[found] ?? '' };
    const percent = Math.floor(100 * first / most);
    if (percent >= told + STEP_PERCENT) say(`Still at work, about ${told = percent - percent % STEP_PERCENT} percent.`);
  }
  throw new Error('no guess fits');
}

/** @param {Parameters} puzzle @param {number} counter @returns {Promise<string>} */
async function guess({ nonce, salt, cost, keyLength }, counter) {
  const start = bytes(nonce), password = new Uint8Array(start.length + 4);
  password.set(start);
  new DataView(password.buffer).setUint32(start.length, counter);
  const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
  const rule = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes(salt), iterations: cost };
  return hex(new Uint8Array(await crypto.subtle.deriveBits(rule, key, keyLength * 8)));
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
function bytes(text) {
  return Uint8Array.from(text.match(/../g) ?? [], pair => parseInt(pair, 16));
}

/** @param {Uint8Array} some @returns {string} */
function hex(some) {
  return Array.from(some, byte => byte.toString(16).padStart(2, '0')).join('');
}

async function wait() {
  say(`Please wait ${WAIT_SECONDS - 1} seconds. We go on by ourselves.`);
  await new Promise(resolve => setTimeout(resolve, WAIT_SECONDS * 1000));
}

/** @param {string} text */
function say(text) {
  words.textContent = text;
}
