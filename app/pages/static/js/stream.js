// @ts-check
// One stream a browser, not a tab: the tab that holds the lock reads it and tells the others. When that tab closes, is
// frozen or falls silent, another takes over.
import { openLine, QUIET_MS } from './line.js';

/** @typedef {import('./line.js').Message} Message */

const NAME = 'live-stream';
/** A leader answers at once; one that does not is asleep. */
const ANSWER_MS = 3000;

/** @param {string} url @param {(message: Message) => void} hear */
export function follow(url, hear) {
  // Without locks (an address that is not a secure context) every tab reads for itself.
  if (!navigator.locks) return alone(url, hear);

  /** @type {BroadcastChannel} */ let bus;
  /** @type {ReturnType<typeof openLine> | null} */ let line = null;
  /** @type {AbortController} */ let turn;
  /** @type {() => void} */ let release = () => {};
  /** @type {Map<string, Message>} newest of each, for a tab that comes later */ const kept = new Map();
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
    here = false;
    clearTimeout(silence);
    turn.abort();
    release();
    bus.close();
  }

  /** @param {boolean} [steal] */
  async function queue(steal) {
    turn?.abort();
    const mine = turn = new AbortController();
    try {
      await navigator.locks.request(NAME, steal ? { steal } : { signal: mine.signal }, lead);
    } catch {
      // Left, or this tab was asleep and another took the lock: stand in line again.
      release();
      if (here && turn === mine && !mine.signal.aborted) queue();
    }
  }

  function lead() {
    if (!here) return;
    clearTimeout(silence);
    line = openLine(url, pass);
    return new Promise(done => {
      release = () => { line?.close(); line = null; done(0); };
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
    if (message.name !== 'ping') kept.set(message.name, message);
    if (!line) expect(QUIET_MS);
    hear(message);
  }

  function answer() {
    if (line) for (const name of ['live', 'stock', 'line']) if (kept.has(name)) bus.postMessage(kept.get(name));
  }

  function ask() {
    if (line) return line.check();
    bus.postMessage('hello');
    expect(ANSWER_MS);
  }

  /** The leader must be heard within `ms`, or one tab that somebody looks at takes over. @param {number} ms */
  function expect(ms) {
    clearTimeout(silence);
    silence = setTimeout(() => { if (!line && !document.hidden) queue(true); }, ms + Math.random() * 1000);
  }

  document.addEventListener('visibilitychange', () => { if (here && !document.hidden) ask(); });
  document.addEventListener('freeze', leave);
  document.addEventListener('resume', join);
  addEventListener('pagehide', leave);
  addEventListener('pageshow', join);
  addEventListener('online', () => line?.connect());
  join();
}

/** @param {string} url @param {(message: Message) => void} hear */
function alone(url, hear) {
  let line = openLine(url, hear);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) line.check(); });
  addEventListener('pagehide', () => line.close());
  addEventListener('pageshow', event => { if (event.persisted) line = openLine(url, hear); });
}
