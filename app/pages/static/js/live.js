// @ts-check
// The live page follows the show: hears the stream, keeps the newest snapshot, and has it painted, said or revealed.
import { entitle, paint, shownDeal } from './paint.js';
import { fetchPhoto } from './photo.js';
import { reveal } from './reveal.js';
import { speaker } from './speech.js';
import { catchUpInLine, hearOfLine, onSale, soldOut } from './standing.js';
import { follow } from './stream.js';
import { phaseOf, wordsFor } from './words.js';

/** @typedef {import('./words.js').Snapshot} Snapshot */

/** A line that is back so soon is not worth a word. */
const BLINK_MS = 2000;
const main = /** @type {HTMLElement} */ (document.getElementById('main'));
const status = /** @type {HTMLElement} */ (document.getElementById('status'));
const away = /** @type {HTMLElement} */ (document.getElementById('away'));
const say = speaker(/** @type {HTMLElement} */ (document.getElementById('speech')));
/** @type {Snapshot | undefined} */ let latest;
let latestId = main.dataset.id ?? '', lastPercent = -1, revealing = false, frame = 0, lineTimer = 0;

follow('/api/v1/stream', ({ name, data, id }) => {
  if (name === 'line') showLine(data === 'up');
  if (name === 'line' && data === 'up') catchUpInLine();
  if (name === 'you') hearOfLine(JSON.parse(data));
  if (name === 'live') takeLive(JSON.parse(data), id);
  if (name === 'stock') takeStock(JSON.parse(data), id);
  if (name === 'cheer' && !document.hidden) hearCheer(data);
});
document.addEventListener('visibilitychange', catchUp);
for (const form of document.querySelectorAll('.help')) form.addEventListener('submit', shareHere);

/** @param {string} data */
function hearCheer(data) {
  import('./cheer.js').then(({ cheer }) => cheer(JSON.parse(data), shownDeal), () => {});
}

/** What it takes is fetched for those who tap. @param {Event} event */
function shareHere(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  event.preventDefault();
  import('./help.js').then(({ help }) => help(form, main), () => form.submit());
}

/** @param {Snapshot} snapshot @param {string} id */
function takeLive(snapshot, id) {
  if (isOlder(id || snapshot.id, latestId)) {
    // The page is ahead of it already; it still is what the next stock news is about.
    latest ??= snapshot;
    return;
  }
  // What still waits to be painted is the old deal's last word: that nothing is left of it.
  if (frame) paintNow();
  latestId = id || snapshot.id;
  latest = snapshot;
  show();
}

/** @param {Pick<Snapshot, 'stock' | 'pace' | 'crowd' | 'stall'> & {deal_id: number}} news @param {string} id */
function takeStock({ deal_id, stock, pace, crowd, stall = latest?.stall }, id) {
  // The same id again is news for a tab whose page was made with it: its snapshot came from before.
  if (latest?.deal?.id !== deal_id || isOlder(id, latestId)) return;
  latestId = id;
  latest = { ...latest, stock, pace, crowd, stall };
  show();
}

/** Ids are EPOCH-SEQ. @param {string} id @param {string} than */
function isOlder(id, than) {
  const [epoch = 0, seq = 0] = id.split('-').map(Number), [thanEpoch = 0, thanSeq = 0] = than.split('-').map(Number);
  return epoch === thanEpoch ? seq < thanSeq : epoch < thanEpoch;
}

function show() {
  if (!latest) return;
  if (document.hidden) return entitle(wordsFor(latest));
  tell(latest);
  if (revealing) return;
  const { deal } = latest;
  if (deal && shownDeal() && String(deal.id) !== shownDeal()) revealNext(latest);
  else paintSoon();
}

/** A tab that nobody saw is painted when somebody looks. What went on meanwhile is over: no crate for it. */
function catchUp() {
  if (document.hidden || !latest) return;
  tell(latest);
  paintNow();
}

/** @param {Snapshot} snapshot */
function tell(snapshot) {
  const words = wordsFor(snapshot), phase = phaseOf(snapshot);
  say({
    deal: words.deal_id,
    phase,
    percent: snapshot.stock?.left_percent ?? 0,
    left: words.left_words,
    opening: `${words.cleared} ${words.deal_id ? `New deal: ${words.title}, ${words.price}.` : `${words.title}.`}`.trim(),
    ending: `${words.status}. ${words.note}`,
    stall: words.stall && `${words.stall} ${words.to_go}`,
  });
}

/** @param {Snapshot} snapshot */
async function revealNext(snapshot) {
  revealing = true;
  // Not everything that goes was sold: a deal can be skipped, or its time be over.
  const stamp = lastPercent === 0 || main.dataset.phase === 'sold-out' ? 'Sold out' : 'Gone';
  try {
    await reveal(stamp, fetchPhoto(snapshot.deal?.photo), paintNow);
  } finally {
    revealing = false;
  }
  show();
}

function paintSoon() {
  frame ||= requestAnimationFrame(paintNow);
}

function paintNow() {
  cancelAnimationFrame(frame);
  frame = 0;
  if (!latest) return;
  lastPercent = latest.stock?.left_percent ?? 0;
  paint(latest);
  const dealId = String(latest.deal?.id ?? ''), phase = phaseOf(latest);
  if (latest.deal && phase === 'sold-out') soldOut(latest.deal);
  if (phase === 'live') onSale(dealId);
}

/** @param {boolean} up */
function showLine(up) {
  if (!up) {
    // Told again and again while the line is down: the first time counts.
    lineTimer ||= setTimeout(showAway, BLINK_MS, true);
    return;
  }
  clearTimeout(lineTimer);
  lineTimer = 0;
  showAway(false);
}

/** @param {boolean} isAway */
function showAway(isAway) {
  main.toggleAttribute('data-away', isAway);
  away.hidden = !isAway;
  status.hidden = isAway;
}
