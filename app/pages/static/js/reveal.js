// @ts-check
// From one deal to the next: the stamp falls, a crate comes down and shakes, its lid lifts, the next photo rises.
import { allowBuying } from './buy.js';

const main = /** @type {HTMLElement} */ (document.getElementById('main'));
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const STAGES = /** @type {const} */ ([['stamp', 650], ['crate', 700], ['open', 330]]);
/** How long a slow photo may hold up the show. */
const PHOTO_MS = 1500;

/**
 * @param {string} stamp  what the stamp says of the old deal
 * @param {Promise<void>} photo  done when the next photo can be shown
 * @param {() => void} swap  paints the next deal
 */
export async function reveal(stamp, photo, swap) {
  if (still()) return swap();
  setStamp(stamp);
  for (const [stage, ms] of STAGES) {
    if (stage === 'open') await Promise.race([photo, pause(PHOTO_MS)]);
    main.dataset.stage = stage;
    await pause(ms);
  }
  const finish = () => { delete main.dataset.stage; swap(); };
  if (still() || !document.startViewTransition) return finish();
  const transition = document.startViewTransition(finish);
  transition.ready.catch(() => {}); // Skipped, because the tab went away: the swap is made all the same.
  await transition.updateCallbackDone;
}

const still = () => calm.matches || document.hidden;

/** @param {string} words */
function setStamp(words) {
  const stamp = /** @type {HTMLElement} */ (main.querySelector('.stamp'));
  const button = /** @type {HTMLElement} */ (main.querySelector('#buy button'));
  const span = /** @type {HTMLElement} */ (stamp.firstElementChild);
  stamp.hidden = false;
  span.textContent = button.textContent = words;
  allowBuying(false);
}

/** Ends early when nobody looks any more. @param {number} ms */
function pause(ms) {
  if (document.hidden) return Promise.resolve();
  return new Promise(done => {
    setTimeout(done, ms);
    document.addEventListener('visibilitychange', done, { once: true });
  });
}
