// @ts-check
// Writes a snapshot into the page: text and attributes only.
import { allowBuying, renewForm } from './buy.js';
import { fill } from './fill.js';
import { hangPhoto, renewPhoto } from './photo.js';
import { storyFrom } from './story.js';
import { phaseOf, wordsFor } from './words.js';

/** @typedef {import('./words.js').Snapshot} Snapshot */

const LOW_PERCENT = 10;
const main = /** @type {HTMLElement} */ (document.getElementById('main'));
const shop = document.querySelector('meta[property="og:site_name"]')?.getAttribute('content');

/** The deal on the page, '' for an empty shelf. */
export const shownDeal = () => main.dataset.deal ?? '';

/** @param {Snapshot} snapshot */
export function paint(snapshot) {
  const words = wordsFor(snapshot), phase = phaseOf(snapshot);
  if (words.deal_id !== shownDeal()) paintDeal(snapshot.deal);
  else renewPhoto(snapshot.deal?.photo);
  main.dataset.phase = phase;
  main.dataset.deal = words.deal_id;
  fill(words);
  entitle(words);
  paintShelf(words);
  allowBuying(phase === 'live');
}

/** What changes with the deal only. @param {Snapshot['deal']} deal */
function paintDeal(deal) {
  renewForm(deal);
  hangPhoto(deal?.photo);
  for (const old of document.querySelectorAll('.message, .friend, .heard')) old.remove();
  document.getElementById('cheer')?.replaceChildren();
  const card = /** @type {HTMLElement} */ (document.getElementById('story-card'));
  card.hidden = !deal?.story_html;
  card.querySelector('#story')?.replaceChildren(storyFrom(deal?.story_html ?? ''));
}

/** All that is seen of a hidden tab. @param {{page_title: string}} words */
export function entitle({ page_title }) {
  const title = `${page_title} · ${shop}`;
  if (document.title !== title) document.title = title;
}

/** @param {{left_percent: string, left_words: string}} words */
function paintShelf({ left_percent, left_words }) {
  const shelf = /** @type {HTMLElement} */ (document.getElementById('shelf'));
  document.getElementById('shelf-fill')?.setAttribute('width', left_percent);
  shelf.setAttribute('aria-valuenow', left_percent);
  shelf.setAttribute('aria-valuetext', left_words);
  shelf.toggleAttribute('data-low', Number(left_percent) <= LOW_PERCENT);
}
