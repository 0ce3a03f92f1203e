// @ts-check
// The line's card keeps up: when something was told of the shopper's places, or a deal sold out, it asks for the words
// anew and shows them. Everything in it works as a form, too.

/** @typedef {{deal_id: number, state: string, headline: string, words: string, offer: string, until: string}} Entry */

const card = /** @type {HTMLElement} */ (document.getElementById('line'));
const places = /** @type {HTMLElement} */ (document.getElementById('places'));
const said = /** @type {HTMLElement} */ (document.getElementById('line-said'));
const signedIn = card.hasAttribute('data-signed-in');
/** Who waits moves up without being told; one look a minute shows it. */
const LOOK_MS = 60_000;
const STANDS = ':is([data-state=waiting], [data-state=offered])';
const main = document.getElementById('main');
/** A deal that had sold out when the page was made: whether there is a line was known then, and stands on it. */
const early = main?.dataset.phase === 'sold-out' ? main.dataset.deal : '';
/** The deal that was sold out last, in whose line one may want to stand. */
let missed = places.querySelector('[data-state=open]')?.getAttribute('data-deal') ?? '';
let asking = false, again = false;

/** What the stream says to this shopper. @param {{kind: string}} news */
export function hearOfLine(news) {
  if (news.kind === 'line') look();
}

/** Whoever stands in line asks again: what changed while the stream was not up was told to nobody. */
export function catchUpInLine() {
  if (places.querySelector(STANDS)) look();
}

/**
 * A deal is sold out. A crowd sees it at the same moment, so nobody is asked for the words.
 * @param {{id: number, title: string}} deal
 */
export function soldOut({ id, title }) {
  const dealId = String(id);
  if (dealId === missed || dealId === early || places.querySelector(`[data-deal="${dealId}"]`)) return;
  missed = dealId;
  places.querySelector('[data-state=open]')?.remove();
  const open = made({ deal_id: id, state: 'open', headline: '', words: '', offer: '', until: '' });
  const words = /** @type {HTMLElement} */ (open.querySelector('[data-line=words]'));
  words.textContent = (words.dataset.about ?? '').replace('{title}', () => title);
  const headline = /** @type {HTMLElement} */ (open.querySelector('[data-line=headline]'));
  headline.textContent = headline.dataset.about ?? '';
  places.append(open);
  card.hidden = false;
}

/** It can be bought: there is no line for it. @param {string} dealId */
export function onSale(dealId) {
  if (dealId !== missed) return;
  missed = '';
  places.querySelector('[data-state=open]')?.remove();
  card.hidden = !places.children.length;
}

/** Ask and show, one after the other: an older answer never overwrites a newer one. */
export async function look() {
  again = asking;
  if (asking) return;
  asking = true;
  do {
    again = false;
    try {
      const answer = await fetch(`/line/now?missed=${missed}`, { headers: { Accept: 'application/json' } });
      if (answer.ok) show((await answer.json()).entries);
    } catch {
      // Away for a moment: what is on the page stays, and the next word on the stream asks again.
    }
  } while (again);
  asking = false;
}

/** @param {Entry[]} entries */
function show(entries) {
  const before = new Map(Array.from(places.children, shown => [nameOf(shown), shown]));
  const held = card.contains(document.activeElement);
  const shown = entries.map(entry => {
    const known = before.get(`${entry.deal_id} ${entry.state} ${entry.offer}`);
    return known ? filled(known, entry) : made(entry);
  });
  for (const entry of entries) if (!before.has(`${entry.deal_id} ${entry.state} ${entry.offer}`)) tell(entry);
  if (shown.length !== places.children.length || shown.some((one, place) => one !== places.children[place])) {
    places.replaceChildren(...shown);
  }
  card.hidden = !entries.length;
  if (held && !card.contains(document.activeElement)) card.focus();
}

/** @param {Element} shown */
function nameOf(shown) {
  const offer = /** @type {HTMLInputElement | null} */ (shown.querySelector('[name=offer]'))?.value ?? '';
  return `${shown.getAttribute('data-deal')} ${shown.getAttribute('data-state')} ${offer}`;
}

/** @param {Entry} entry */
function made(entry) {
  const template = /** @type {HTMLTemplateElement} */ (card.querySelector(`template[data-state=${entry.state}]`));
  const article = /** @type {Element} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
  article.setAttribute('data-deal', String(entry.deal_id));
  for (const form of article.querySelectorAll('form')) {
    form.action = `/line/${entry.deal_id}/${form.dataset.lineAction}`.replace(/\/$/, '');
  }
  set(article, 'offer', entry.offer);
  set(article, 'key', newKey());
  return filled(article, entry);
}

/** @param {Element} article @param {Entry} entry */
function filled(article, entry) {
  for (const name of /** @type {const} */ (['headline', 'words'])) {
    const element = /** @type {Element} */ (article.querySelector(`[data-line=${name}]`));
    if (element.textContent !== entry[name]) element.textContent = entry[name];
  }
  return article;
}

/** @param {Element} article @param {string} name @param {string} value */
function set(article, name, value) {
  const input = /** @type {HTMLInputElement | null} */ (article.querySelector(`[name=${name}]`));
  if (input) input.value = value;
}

/** What a screen reader hears; the way in is no news. @param {Entry} entry */
function tell(entry) {
  if (entry.state !== 'open') said.textContent = `${entry.headline}. ${entry.words}`;
}

/** crypto.randomUUID is there in secure contexts only. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
}

// Getting in and out needs no other page. Where it is refused, the form's own answer says why.
places.addEventListener('submit', async event => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const action = form.dataset.lineAction, deal = form.closest('[data-deal]')?.getAttribute('data-deal');
  if (!signedIn || action === 'take' || form.dataset.sent) return;
  event.preventDefault();
  form.dataset.sent = 'yes';
  try {
    const method = action === 'leave' ? 'DELETE' : 'POST';
    const answer = await fetch(`/api/v1/deals/${deal}/line`, { method });
    if (answer.ok) return await look();
  } catch {
    // The form itself may get through.
  } finally {
    if (form.isConnected && !form.closest('[hidden]')) delete form.dataset.sent;
  }
  form.submit();
});

setInterval(() => { if (!document.hidden && places.querySelector('[data-state=waiting]')) look(); }, LOOK_MS);
addEventListener('pageshow', event => { if (event.persisted) look(); });
document.addEventListener('visibilitychange', () => { if (!document.hidden) catchUpInLine(); });
