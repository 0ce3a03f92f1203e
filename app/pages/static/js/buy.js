// @ts-check
// The buy form: renewed for each deal, so that it never buys the next thing with the last one's answer.

const form = /** @type {HTMLFormElement} */ (document.getElementById('buy'));
const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'));
const quantity = /** @type {HTMLSelectElement} */ (form.elements.namedItem('quantity'));
const coupon = /** @type {HTMLSelectElement | null} */ (form.elements.namedItem('coupon'));
/** A click aimed at the last deal must not buy this one. */
const TOO_SOON_MS = 500;
/** An answer that takes longer may never come; asking again with the same key is safe. */
const ANSWER_MS = 10_000;
let renewedAt = -TOO_SOON_MS, sent = false, wanted = false;

/** @param {{id: number, limit: number} | null} deal */
export function renewForm(deal) {
  sent = false;
  renewedAt = performance.now();
  set('key', newKey());
  set('deal_id', deal ? String(deal.id) : '');
  const choices = Array.from({ length: deal?.limit ?? 0 }, (_, n) => new Option(String(n + 1)));
  quantity.replaceChildren(...choices);
  // What was chosen for the last deal is not meant for this one.
  if (coupon) coupon.selectedIndex = 0;
}

/** @param {boolean} canBuy */
export function allowBuying(canBuy) {
  // A disabled button drops the focus; whoever waits on it for the next deal gets it back.
  wanted ||= document.activeElement === button;
  quantity.disabled = !canBuy;
  button.disabled = !canBuy || sent;
  if (!canBuy) return;
  if (wanted && document.activeElement === document.body) button.focus({ preventScroll: true });
  wanted = false;
}

/** @param {string} name @param {string} value */
function set(name, value) {
  /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value = value;
}

/** crypto.randomUUID is there in secure contexts only. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
}

form.addEventListener('submit', event => {
  if (sent || performance.now() - renewedAt < TOO_SOON_MS) return event.preventDefault();
  sent = true;
  // Not at once: a disabled button's form might not be sent.
  setTimeout(() => { button.disabled = true; });
  setTimeout(unsend, ANSWER_MS);
});
// Another choice is another wish; the same one again is the same wish, and its key answers with the same order.
form.addEventListener('change', () => set('key', newKey()));
addEventListener('pageshow', event => {
  if (event.persisted) unsend();
});

function unsend() {
  sent = false;
  button.disabled = quantity.disabled;
}
