// @ts-check
// One stream a browser, not a tab: the tab that holds the lock reads it and tells the others. When that tab closes, is
// frozen or falls silent, another takes over.
import { openLine, QUIET_MS } from './line.js';

/** @typedef {import('./line.js').Message} Message */
/** @typedef {{join: () => void, leave: () => void}} Way */

const NAME = 'live-stream';
/** A leader answers at once; one that does not is asleep. */
const ANSWER_MS = 3000;
const SPREAD_MS = 1000;
/** What a tab that comes later is told. What is for one shopper only is never kept. */
const KEPT = ['live', 'stock', 'line'];

/** @param {string} url @param {(message: Message) => void} hear */
export function follow(url, hear) {
  // Without locks (an address that is not a secure context) every tab reads for itself.
  let way = navigator.locks ? together(url, hear, goAlone) : alone(url, hear);

  // Where the browser keeps no data for a site, it lends no lock either.
  function goAlone() {
    way.leave();
    way = alone(url, hear);
    way.join();
  }

  document.addEventListener('freeze', () => way.leave());
  document.addEventListener('resume', () => way.join());
  addEventListener('pagehide', () => way.leave());
  addEventListener('pageshow', () => way.join());
  way.join();
}

/** @param {string} url @param {(message: Message) => void} hear @returns {Way} */
function alone(url, hear) {
  /** @type {(() => void) | null} */ let close = null;
  return {
    join() { close ??= openLine(url, hear); },
    leave() { close?.(); close = null; },
  };
}

/** @param {string} url @param {(message: Message) => void} hear @param {() => void} noLock @returns {Way} */
function together(url, hear, noLock) {
  /** @type {BroadcastChannel} */ let bus;
  /** @type {AbortController} */ let turn;
  /** @type {(() => void) | null} gives the lead back */ let release = null;
  /** @type {Map<string, Message>} newest of each */ const kept = new Map();
  let silence = 0, here = false;

  function join() {
    if (here) return;
    here = true;
    bus = new BroadcastChannel(NAME);
    bus.onmessage = ({ data }) => (data === 'hello' ? answer() : take(data));
    ask();
    queue();
  }

  function leave() {
    if (!here) return;
    here = false;
    clearTimeout(silence);
    turn.abort();
    release?.();
    bus.close();
  }

  /** @param {boolean} [steal] */
  async function queue(steal) {
    turn?.abort();
    const mine = turn = new AbortController();
    try {
      await navigator.locks.request(NAME, steal ? { steal } : { signal: mine.signal }, () => lead(mine.signal));
    } catch (error) {
      if (mine.signal.aborted) return;
      release?.();
      // This tab was asleep and another took the lock: stand in line again.
      if (/** @type {Error} */ (error).name === 'AbortError') queue();
      else noLock();
    }
  }

  /** @param {AbortSignal} left */
  function lead(left) {
    if (left.aborted) return;
    clearTimeout(silence);
    const close = openLine(url, pass);
    return new Promise(done => {
      release = () => { release = null; close(); done(0); };
    });
  }

  /** @param {Message} message */
  function pass(message) {
    bus.postMessage(message);
    take(message);
  }

  /** @param {Message} message */
  function take(message) {
    if (message.name === 'live') kept.delete('stock');
    if (KEPT.includes(message.name)) kept.set(message.name, message);
    // The leader itself says when its line is quiet; only one that says nothing at all is gone.
    expect(QUIET_MS + ANSWER_MS);
    hear(message);
  }

  function answer() {
    if (!release) return;
    // Said also where there is nothing to tell yet: a slow shop is no reason to take over.
    bus.postMessage({ name: 'here', data: '', id: '' });
    for (const name of KEPT) if (kept.has(name)) bus.postMessage(kept.get(name));
  }

  function ask() {
    if (release) return;
    bus.postMessage('hello');
    expect(ANSWER_MS);
  }

  /** The leader must be heard within `ms`, or one tab that somebody looks at takes over. @param {number} ms */
  function expect(ms) {
    clearTimeout(silence);
    if (!release) silence = setTimeout(takeOver, ms + Math.random() * SPREAD_MS);
  }

  function takeOver() {
    if (!release && !document.hidden) queue(true);
  }

  document.addEventListener('visibilitychange', () => { if (here && !document.hidden) ask(); });
  return { join, leave };
}
