// @ts-check
// The order's page keeps up: when it hears that its order has changed, it asks how it is now, and shows that.
import { countDown } from './countdown.js';
import { fill } from './fill.js';
import { follow } from './stream.js';

/** @typedef {{label: string, words: string, state: string}} Step */
/** @typedef {Record<string, unknown> & {now: string, headline: string, steps: Step[]}} OrderNow */

const main = /** @type {HTMLElement} */ (document.getElementById('main'));
const heading = /** @type {HTMLElement} */ (main.querySelector('h1'));
const id = main.dataset.order ?? '';
const moments = /** @type {NodeListOf<HTMLTimeElement>} */ (main.querySelectorAll('time[data-at]'));
let asking = false, again = false;

// What was just done was said; loaded again, the page says it no more.
history.replaceState(null, '', location.pathname);
const shown = Object.fromEntries(Array.from(moments, time => [time.dataset.at, time.dateTime]));
countDown({ ...shown, now: main.dataset.now }, look);
follow('/api/v1/stream', ({ name, data }) => {
  // What changed while the line was not up yet, or down, was told to nobody.
  if (name === 'line' && data === 'up') look();
  if (name === 'you') {
    const news = JSON.parse(data);
    if (news.kind === 'order' && news.id === id) look();
  }
});
addEventListener('pageshow', event => { if (event.persisted) look(); });
document.addEventListener('visibilitychange', () => { if (!document.hidden) look(); });

/** Ask and show, one after the other: an older answer never overwrites a newer one. */
async function look() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  do {
    again = false;
    try {
      const answer = await fetch(`/orders/${id}/now`, { headers: { Accept: 'application/json' }, redirect: 'error' });
      if (answer.ok) show(await answer.json());
    } catch {
      // Away, or signed out: what is on the page stays, and the next word on the line asks again.
    }
  } while (again);
  asking = false;
}

/** @param {OrderNow} now */
function show(now) {
  const held = document.activeElement;
  // What was said on arrival is over once there is something newer to say.
  if (heading.textContent !== now.headline) document.getElementById('message')?.remove();
  fill(now);
  now.steps.forEach(({ state, words }, place) => paintStep(`step-${place}`, state, words));
  for (const time of moments) time.dateTime = String(now[time.dataset.at ?? ''] ?? '');
  countDown(now, look);
  // Whatever held the focus and is gone now leaves it at the top, not nowhere.
  if (held && held !== document.body && held.closest('[hidden]')) heading.focus();
}

/** @param {string} name @param {string} state @param {string} words */
function paintStep(name, state, words) {
  const step = document.getElementById(name);
  if (!step) return; // the page came when nothing was to happen any more
  step.dataset.state = state;
  if (state === 'now') step.setAttribute('aria-current', 'step');
  else step.removeAttribute('aria-current');
  const [done, said] = step.querySelectorAll('.sr, .words');
  done.textContent = state === 'done' ? ', done' : '';
  said.textContent = words;
}
