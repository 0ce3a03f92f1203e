// @ts-check
// Keeps the dashboard up to date: the stream says that something moved, and the page is fetched anew and compared.
// So there is one place that knows the words and the numbers, and it is the server.
import { freshen } from './freshen.js';

const EVERY_MS = 2000; // at most, while units sell
const ANYWAY_MS = 15_000; // also where nothing is heard: the pace falls by itself
const PATIENCE_MS = 10_000;
const QUIET_MS = 25_000; // the server pings every 15 s
const SPEAK_MS = 10_000; // between two words about one deal
const MESSAGE_MS = 15_000; // how long the page says what was just done
const main = /** @type {HTMLElement} */ (document.getElementById('main'));
const line = /** @type {HTMLElement} */ (document.getElementById('line'));
const spoken = /** @type {HTMLElement} */ (document.getElementById('spoken'));
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

let fetching = false, isStale = false, waiting = 0, fetchedAt = Date.now(), heardAt = Date.now();
let saidAt = main.dataset.saidAt, spokeMs = 0, lastStock = '';
/** @type {EventSource} */ let source;

function connect() {
  source?.close();
  heardAt = Date.now();
  source = new EventSource('/api/v1/stream');
  source.addEventListener('live', () => { heard(); soon(0); });
  source.addEventListener('stock', event => { heard(); moved(event.data); });
  source.addEventListener('ping', heard);
  source.onerror = () => {
    say(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, EVERY_MS + Math.random() * EVERY_MS);
  };
}

function heard() {
  heardAt = Date.now();
  say(true);
}

/** @param {boolean} up */
function say(up) {
  line.hidden = false;
  line.toggleAttribute('data-up', up);
  const words = up ? 'Up to date' : 'Waiting for the shop';
  if (line.textContent !== words) line.textContent = words;
}

/** What everyone is told is shown at once; the rest is asked for. @param {string} data */
function moved(data) {
  const { deal_id, stock, pace, crowd } = JSON.parse(data);
  if (String(deal_id) === main.dataset.deal) {
    write('pace', pace.per_minute);
    write('watching', crowd.watching);
  }
  const now = JSON.stringify([deal_id, stock, pace]);
  if (now !== lastStock) soon(EVERY_MS);
  lastStock = now;
}

/** @param {string} name @param {number} value */
function write(name, value) {
  const words = grouped.format(value), number = main.querySelector(`[data-number="${name}"]`);
  if (number && number.textContent !== words) number.textContent = words;
}

/** Fetch, `gap` ms after the last time at the earliest. @param {number} gap */
function soon(gap) {
  if (waiting && gap) return;
  clearTimeout(waiting);
  waiting = setTimeout(fetchPage, Math.max(0, fetchedAt + gap - Date.now()));
}

/** A document that is fetched so runs no script and is no text that somebody else's could slip into.
 * What is asked for meanwhile is fetched afterwards: the answer under way may be older. */
function fetchPage() {
  waiting = 0;
  if (document.hidden) return;
  isStale = fetching;
  if (fetching) return;
  fetching = true;
  const request = new XMLHttpRequest();
  request.open('GET', location.href);
  request.responseType = 'document';
  request.timeout = PATIENCE_MS;
  request.onloadend = () => {
    fetching = false;
    fetchedAt = Date.now();
    take(request);
    if (isStale) soon(0);
  };
  request.send();
}

/** @param {XMLHttpRequest} request */
function take(request) {
  const fresh = request.response?.getElementById('main');
  if (request.status === 200 && fresh && fresh.className === main.className) {
    freshen(main, fresh);
    document.title = request.response.title;
    document.dispatchEvent(new Event('freshened'));
    speak();
  } else if (request.status === 200 || request.status === 403) {
    location.reload(); // signed out, or no longer of the desk: the server says what now
  } else {
    say(false);
  }
}

/** A new deal or phase at once; the steps of one deal not too often. */
function speak() {
  const now = main.dataset.saidAt ?? '', [deal, phase] = (saidAt ?? '').split(' ');
  if (now === saidAt) return;
  if (now.startsWith(`${deal} ${phase} `) && Date.now() - spokeMs < SPEAK_MS) return;
  saidAt = now;
  spokeMs = Date.now();
  spoken.textContent = main.dataset.said ?? '';
}

setInterval(() => {
  if (document.hidden) return;
  if (Date.now() - heardAt > QUIET_MS) {
    say(false);
    connect();
  }
  if (Date.now() - fetchedAt > ANYWAY_MS) soon(0);
}, 1000);
setTimeout(() => history.replaceState(history.state, '', location.pathname), MESSAGE_MS);
// A tab that nobody looks at holds no line: a browser has few for one shop, and it would count as watching.
document.addEventListener('visibilitychange', () => { if (document.hidden) source.close(); else connect(); });
addEventListener('pagehide', () => source.close());
addEventListener('pageshow', event => { if (event.persisted) connect(); });
connect();
