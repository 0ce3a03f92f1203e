// @ts-check
// The words for a snapshot, as app/pages/live_views.py says them on the server; change both.

/**
 * @typedef {{amount: number, currency: string, text: string}} Money
 * @typedef {{type: string, srcset: string}} Source
 * @typedef {{src: string, srcset?: string | null, sources?: Source[], alt?: string | null}} Photo
 * @typedef {{id: number, title: string, tagline: string | null, story_html: string | null, condition: string | null,
 *   photo: Photo | null, price: Money, list_price: Money | null, shipping: Money | null, limit: number}} Deal
 * @typedef {{left_percent: number, left: number | null}} Stock
 * @typedef {{per_minute: number | null, quickest_seconds: number | null}} Pace
 * @typedef {{watching: number, helpers: number, helped_units: number, team?: number}} Crowd
 * @typedef {{to_go: number, reward: Money | null, pot?: Money | null, pot_until?: string | null,
 *   sells_out_in_seconds?: number | null}} Stall
 * @typedef {{title: string, helpers: number, helped_units: number}} Cleared
 * @typedef {'live' | 'sold-out' | 'paused' | 'closed'} Phase
 * @typedef {{id: string, show: {mode: string, phase: Phase, next_at: string | null}, deal: Deal | null,
 *   stock: Stock | null, pace: Pace | null, crowd: Crowd | null, stall?: Stall | null, cleared?: Cleared | null}} Snapshot
 */

/** @type {Record<Phase, {status: string, button: string, stamp: string, note: string}>} */
const PHASE_WORDS = {
  'live': { status: 'Live', button: 'I want one', stamp: '', note: 'You are charged only if the shelf says yes.' },
  'sold-out': { status: 'Sold out', button: 'Sold out', stamp: 'Sold out', note: 'Every last one has found a home.' },
  'paused': { status: 'Paused', button: 'Back in a moment', stamp: 'Paused', note: 'Nothing is sold while the show is paused.' },
  'closed': { status: 'Closed', button: 'Closed', stamp: 'Closed', note: 'The show is over for now.' },
};
const UNKNOWN = '–';
const grouped = new Intl.NumberFormat('en-US');
const hour = new Intl.DateTimeFormat('en-US', { weekday: 'long', hour: 'numeric', minute: '2-digit', timeZoneName: 'short' });

/** What a visitor sees: a deal with nothing left is sold out, also while the show is still on it.
 * @param {Snapshot} snapshot @returns {Phase} */
export function phaseOf({ show, deal, stock }) {
  if (!deal) return show.phase === 'live' ? 'closed' : show.phase;
  return show.phase === 'live' && (stock?.left === 0 || stock?.left_percent === 0) ? 'sold-out' : show.phase;
}

/** @param {Snapshot} snapshot */
export function wordsFor(snapshot) {
  const { show, deal, stock, pace, crowd } = snapshot;
  const phase = phaseOf(snapshot);
  const percent = (deal && stock?.left_percent) || 0;
  // A server newer than this page may know more phases.
  const said = PHASE_WORDS[phase] ?? PHASE_WORDS.paused;
  const title = deal ? deal.title : 'The shelf is empty';
  const price = deal ? deal.price.text : '';
  return {
    ...said,
    left_percent: String(percent),
    ...leftWords(percent, deal && stock ? stock.left : null),
    stamp: phase === 'closed' && deal && !percent ? PHASE_WORDS['sold-out'].stamp : said.stamp,
    page_title: !deal ? title : phase === 'live' ? `${title}: ${price}` : `${said.status}: ${title}`,
    woot_off: show.mode === 'woot-off' ? 'yes' : '',
    deal_id: deal ? String(deal.id) : '',
    title,
    tagline: deal ? deal.tagline || '' : 'Every crate has been opened. Come back soon.',
    price,
    was: deal?.list_price?.text || '',
    fine: deal ? fineWords(deal) : '',
    watching: grouped.format(crowd?.watching || 0),
    per_minute: pace?.per_minute == null ? UNKNOWN : grouped.format(Math.floor(pace.per_minute + 0.5)),
    quickest: pace?.quickest_seconds == null ? UNKNOWN : `${pace.quickest_seconds.toFixed(1)}\u00a0s`,
    next_words: nextWords(show, phase),
    ...stallWords(snapshot),
    cleared: clearedWords(snapshot.cleared),
  };
}

/** @param {number} percent @param {number | null} left */
function leftWords(percent, left) {
  if (left == null) return { left_text: `${percent}%`, left_words: `${percent} percent left` };
  return { left_text: grouped.format(left), left_words: `${grouped.format(left)} left` };
}

/** @param {Deal} deal */
function fineWords({ condition, shipping, limit }) {
  const sent = shipping?.amount ? `${shipping.text} shipping` : 'shipping is on us';
  return [condition, sent, limit === 1 ? 'one each' : `${limit} each at most`].filter(Boolean).join(' · ') + '.';
}

/** @param {Snapshot['show']} show @param {Phase} phase */
function nextWords(show, phase) {
  if (show.next_at) return `Opens ${hour.format(new Date(show.next_at))}.`;
  if (phase === 'paused') return 'Opens when the show goes on.';
  if (phase === 'closed') return 'Nothing is packed yet.';
  return show.mode === 'woot-off' ? 'Opens the moment this sells out.' : 'Opens at midnight.';
}

/** @param {Snapshot} snapshot */
function stallWords({ stall, deal, stock, crowd }) {
  if (!stall || !deal || !stock) return { stall: '', to_go: '', stall_words: '', pot: '' };
  const { to_go, reward, pot, pot_until: until, sells_out_in_seconds: seconds } = stall;
  const { helpers = 0, helped_units = 0, team = 0 } = crowd ?? {};
  const words = [
    seconds == null ? 'Nothing is selling right now.' : `At this pace it takes another ${long(seconds)}.`,
    stock.left_percent < 100 && `${100 - stock.left_percent}% is sold.`,
    helpers && `${counted(helpers, 'helper')} brought ${grouped.format(helped_units)} of it.`,
    team && `${grouped.format(team)} took one for the team.`,
    reward && `Each one that your link sells earns you ${reward.text}, as a coupon.`,
  ];
  const deadline = until ? `by ${hour.format(new Date(until))}` : 'in time';
  return {
    stall: `${deal.title} is holding up the ${document.querySelector('.event')?.textContent}.`,
    to_go: `${grouped.format(to_go)} to go. Help sell it out.`,
    stall_words: words.filter(Boolean).join(' '),
    pot: pot ? `The pot: ${pot.text} for everybody whose link sells, if the last one is gone ${deadline}.` : '',
  };
}

/** @param {Cleared | null | undefined} cleared */
function clearedWords(cleared) {
  if (!cleared) return '';
  const { title, helpers, helped_units } = cleared;
  if (!helpers) return `${title} is gone at last.`;
  return `${title} is gone at last: ${counted(helpers, 'helper')} sold ${grouped.format(helped_units)} of it.`;
}

/** @param {number} seconds */
function long(seconds) {
  const minutes = Math.ceil(seconds / 60), hours = Math.floor(minutes / 60 + 0.5);
  if (minutes < 90) return counted(minutes, 'minute');
  return hours < 48 ? counted(hours, 'hour') : counted(Math.floor(hours / 24 + 0.5), 'day');
}

/** @param {number} number @param {string} thing */
function counted(number, thing) {
  return `${grouped.format(number)} ${thing}${number === 1 ? '' : 's'}`;
}
