// @ts-check
// One's own link: copied, or handed to whatever the device sends with. Without either, it is there to be marked.
import { canSend, copyLink, sendLink } from './passing_on.js';

const link = /** @type {HTMLInputElement} */ (document.getElementById('link'));
const said = /** @type {HTMLElement} */ (document.getElementById('said'));
const { title = '', words = '' } = link.dataset;

show('copy', !!navigator.clipboard, async () => {
  said.textContent = await copyLink(link.value) ? 'Copied.' : 'Your browser would not copy it. It is marked now: copy it by hand.';
  link.select();
});
show('send', canSend(), () => sendLink({ title, text: words, url: link.value }));
link.addEventListener('focus', () => link.select());

/** @param {string} id @param {boolean} can @param {() => void} act */
function show(id, can, act) {
  const button = /** @type {HTMLButtonElement} */ (document.getElementById(id));
  button.hidden = !can;
  button.addEventListener('click', act);
}
