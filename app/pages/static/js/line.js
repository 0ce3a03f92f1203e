// @ts-check
// One EventSource that does not stay dead: it is opened anew when it was refused, or has been quiet for too long.

/** @typedef {{name: string, data: string, id: string}} Message */

/** The server pings every 15 s. */
export const QUIET_MS = 25_000;
/** All pages heard the last word at the same moment; they must not all come back in the same one. */
const SPREAD_MS = 2500;
const REFUSED_MS = 1500;
/** So many refusals in a row may be a restart. After more of them the shop is full, and is asked ever less often. */
const RESTARTS = 4;
const SLOWEST = 5;
/** Whatever else the stream may say one day, this page has no ears for. */
const NAMES = ['live', 'stock', 'chat', 'cheer', 'you', 'ping'];

/**
 * @param {string} url
 * @param {(message: Message) => void} hear  also told { name: 'line', data: 'up' | 'down' }
 */
export function openLine(url, hear) {
  /** @type {EventSource} */ let source;
  let heardAt = 0, timer = 0, up = false, refusals = 0;
  const closing = new AbortController(), until = { signal: closing.signal };

  function connect() {
    source?.close();
    source = new EventSource(url);
    source.onerror = failed;
    for (const name of NAMES) {
      source.addEventListener(name, event => {
        heard();
        hear({ name, data: event.data, id: event.lastEventId });
      });
    }
    expectWord();
  }

  function heard() {
    refusals = 0;
    expectWord();
    if (!up) say(true);
  }

  function expectWord() {
    heardAt = Date.now();
    after(QUIET_MS, drop);
  }

  function drop() {
    source.close();
    say(false);
    after(Math.random() * SPREAD_MS, connect);
  }

  function failed() {
    say(false);
    // After a broken line the browser tries again by itself; after an answer that is no stream it gives up.
    if (source.readyState !== EventSource.CLOSED) return;
    refusals += 1;
    const slower = Math.min(Math.max(1, refusals - RESTARTS + 1), SLOWEST);
    after((REFUSED_MS + Math.random() * SPREAD_MS) * slower, connect);
  }

  /** @param {boolean} isUp */
  function say(isUp) {
    up = isUp;
    hear({ name: 'line', data: up ? 'up' : 'down', id: '' });
  }

  /** @param {number} ms @param {() => void} act */
  function after(ms, act) {
    clearTimeout(timer);
    timer = setTimeout(act, ms);
  }

  // A sleeping computer stops timers, not the clock.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && Date.now() - heardAt > QUIET_MS) connect();
  }, until);
  addEventListener('offline', () => say(false), until);
  addEventListener('online', connect, until);
  connect();

  return function close() {
    closing.abort();
    clearTimeout(timer);
    source.close();
  };
}
