// @ts-check
// How long there still is, by the server's clock: the one of this computer may be wrong.

const TICK_MS = 500;
/** The server is asked a little later than at the very moment: it may count the last second, too. */
const LATER_MS = 1500;
let serverAt = 0, heardAt = 0, timer = 0;
/** @type {Record<string, unknown>} */ let moments = {};
/** @type {() => void} */ let over = () => {};

/**
 * Count down wherever data-left names one of these moments.
 * @param {Record<string, unknown>} words  moments by name, as the server writes them; `now` is the server's
 * @param {() => void} whenOver  one of them has passed
 */
export function countDown(words, whenOver) {
  serverAt = Date.parse(String(words.now));
  heardAt = performance.now();
  moments = words;
  over = whenOver;
  clearTimeout(timer);
  tick();
}

function tick() {
  const now = serverAt + performance.now() - heardAt;
  let ahead = 0, passed = false;
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-left]'))) {
    const left = Date.parse(String(moments[element.dataset.left ?? ''])) - now;
    const words = left > 0 ? leftWords(left) : '';
    if (element.textContent !== words) element.textContent = words;
    element.hidden = !words;
    if (left > 0) ahead += 1;
    else if (left > -LATER_MS) passed = true;
  }
  if (passed) timer = setTimeout(over, LATER_MS);
  else if (ahead) timer = setTimeout(tick, TICK_MS);
}

/** Such as: 9:05 left. @param {number} ms */
function leftWords(ms) {
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`;
}
