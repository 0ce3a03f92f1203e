// @ts-check
// One line that says whose link has sold something just now. Fetched with the first; a later one takes its place.

/** How long a line stays, and at least stays. */
const SHOWN_MS = 8000, LEAST_MS = 1500;
const line = /** @type {HTMLElement} */ (document.getElementById('cheer'));
let shownAt = -LEAST_MS, timer = 0;

/** @param {{deal_id: number, who: string, units: number | null}} news  without a figure where somebody is named
 * @param {() => string} shownDeal  the one on the page, which may be another when the line's turn comes */
export function cheer({ deal_id, who, units }, shownDeal) {
  const isOver = () => String(deal_id) !== shownDeal();
  if (isOver()) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (isOver()) return;
    shownAt = performance.now();
    const name = document.createElement('bdi');
    name.textContent = who;
    line.replaceChildren('Hooray: ', name, units ? `’s link just sold ${units}.` : '’s link has sold its first.');
    timer = setTimeout(() => line.replaceChildren(), SHOWN_MS);
  }, Math.max(0, shownAt + LEAST_MS - performance.now()));
}
