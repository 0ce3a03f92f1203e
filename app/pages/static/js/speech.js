// @ts-check
// What a screen reader hears. The bar moves five times a second; a voice says only what matters, and not too often.

/**
 * @typedef {{deal: string, phase: string, percent: number, left: string, opening: string, ending: string,
 *   stall: string}} Heard  stall: '' while the deal is not holding up the show
 * @typedef {{deal: string, phase: string, step: number, stalls: boolean, spokenAt: number}} Memory
 * @typedef {{memory: Memory, say: string, again: number}} Decision  again: ms until it is worth asking anew, or 0
 */

const STEPS = [75, 50, 25, 10, 5, 1];
export const PATIENCE_MS = 10_000;

/**
 * Sold out, another phase, a stall and another deal are said at once; a crossing of a step at most once in 10 s, and one
 * that came too soon is said later, with what is true then.
 * @param {Memory | null} memory  null before anything was heard: what loaded with the page can be read there
 * @param {Heard} heard
 * @param {number} now  ms
 * @returns {Decision}
 */
export function decide(memory, heard, now) {
  const { deal, phase } = heard, step = stepAt(heard.percent), stalls = heard.stall !== '';
  const next = { deal, phase, step, stalls, spokenAt: memory ? memory.spokenAt : -PATIENCE_MS };
  if (!memory) return { memory: next, say: '', again: 0 };
  const spoken = { ...next, spokenAt: now };
  if (deal !== memory.deal) return { memory: spoken, say: heard.opening, again: 0 };
  if (phase !== memory.phase) {
    return { memory: spoken, say: phase === 'live' ? `On sale. ${heard.left}.` : heard.ending, again: 0 };
  }
  if (phase !== 'live') return { memory, say: '', again: 0 };
  if (stalls && !memory.stalls) return { memory: spoken, say: heard.stall, again: 0 };
  if (step >= memory.step) return { memory: { ...memory, stalls }, say: '', again: 0 };
  const wait = memory.spokenAt + PATIENCE_MS - now;
  if (wait > 0) return { memory: { ...memory, stalls }, say: '', again: wait };
  return { memory: spoken, say: `${heard.left}.`, again: 0 };
}

/** The lowest step that was crossed; 100 before the first. @param {number} percent */
function stepAt(percent) {
  return STEPS.filter(step => percent <= step).pop() ?? 100;
}

/** @param {HTMLElement} voice  an element with role=status */
export function speaker(voice) {
  /** @type {Memory | null} */ let memory = null;
  let timer = 0;
  return function hear(/** @type {Heard} */ heard) {
    const decision = decide(memory, heard, performance.now());
    memory = decision.memory;
    clearTimeout(timer);
    if (decision.again) timer = setTimeout(hear, decision.again, heard);
    if (decision.say) voice.textContent = decision.say;
  };
}
