// @ts-check
// Draws each chart from the table that stands under it: the two cannot tell different stories.
import uPlot from '../vendor/uplot.js';

/** @typedef {{plot: uPlot, box: HTMLElement, card: HTMLElement}} Chart */

const HOUR = 3600, MINUTE = 60;
const TICKS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 432000];
/** @type {Map<HTMLElement, Chart>} by its box */ const drawn = new Map();

const resized = new ResizeObserver(entries => {
  for (const { target } of entries) {
    const chart = drawn.get(/** @type {HTMLElement} */ (target));
    if (chart && target.clientWidth) chart.plot.setSize(sizeOf(chart.box));
  }
});

/** Draw what is new, bring up to date what is there, forget what is gone. */
function draw() {
  for (const [box, chart] of drawn) {
    if (box.isConnected) continue;
    resized.unobserve(box);
    chart.plot.destroy();
    drawn.delete(box);
  }
  for (const box of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.plot'))) {
    const chart = drawn.get(box) ?? begin(box);
    chart.plot.setData(columnsOf(box));
    chart.plot.ctx.canvas.setAttribute('aria-label', wordsOf(chart));
  }
}

/** @param {HTMLElement} box @returns {Chart} */
function begin(box) {
  const card = /** @type {HTMLElement} */ (box.closest('.chart'));
  const plot = new uPlot(optionsFor(box, card), columnsOf(box), box);
  plot.ctx.canvas.setAttribute('role', 'img');
  const chart = { plot, box, card };
  drawn.set(box, chart);
  resized.observe(box);
  return chart;
}

/** @param {HTMLElement} box @param {HTMLElement} card */
function optionsFor(box, card) {
  const unit = tableOf(box).dataset.unit === '%' ? '%' : '';
  const self = () => colour(card, '.swatch.this', 'color');
  const axis = { stroke: () => colour(card, '.fine', 'color'), grid: { stroke: () => faint(card), width: 1 }, ticks: { stroke: () => faint(card), width: 1 }, font: '13px system-ui, sans-serif' };
  return {
    ...sizeOf(box),
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false },
    hooks: { setCursor: [plot => tell(plot, card)] },
    scales: { x: { time: false }, y: { range: (_, low, high) => [0, unit ? 100 : Math.max(high * 1.1, 1)] } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map(age), incrs: TICKS, space: 64, size: 32 },
      { ...axis, values: (_, ticks) => ticks.map(tick => `${tick.toLocaleString('en-US')}${unit}`), size: 54, space: 36 },
    ],
    series: [
      {},
      { stroke: self, width: 2, fill: () => colour(card, '.swatch.this', 'backgroundColor'), points: { show: false } },
      { stroke: () => colour(card, '.swatch.usual', 'color'), width: 2, dash: [6, 5], points: { show: false } },
    ],
  };
}

/** What stands in the table at the cursor's age, in words. @param {uPlot} plot @param {HTMLElement} card */
function tell(plot, card) {
  const { idx } = plot.cursor;
  const out = /** @type {HTMLElement} */ (card.querySelector('.under-cursor'));
  const cells = idx == null ? null : card.querySelectorAll('tbody tr')[idx]?.children;
  out.textContent = cells ? `${cells[0].textContent}: ${cells[1].textContent}, median ${cells[2].textContent}` : '';
}

/** @param {Chart} chart */
function wordsOf({ card }) {
  return `${card.querySelector('h2')?.textContent}. ${card.querySelector('.gist')?.textContent} The table below has the numbers.`;
}

/** @param {HTMLElement} box */
function columnsOf(box) {
  /** @type {(number | null)[][]} */ const columns = [[], [], []];
  for (const row of tableOf(box).tBodies[0].rows) {
    for (const [index, cell] of [...row.cells].entries()) {
      const { value } = cell.dataset;
      columns[index].push(value ? Number(value) : null);
    }
  }
  return columns;
}

/** @param {HTMLElement} box */
const tableOf = box => /** @type {HTMLTableElement} */ (document.getElementById(`${box.dataset.chart}-table`));

/** An element that is empty takes no room, and has no width yet. @param {HTMLElement} box */
function sizeOf(box) {
  const card = /** @type {HTMLElement} */ (box.parentElement);
  const { paddingLeft, paddingRight } = getComputedStyle(card);
  const inner = card.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  return { width: Math.max(120, Math.floor(inner)), height: 240 };
}

/** Only an element knows what light-dark() comes to. @param {Element} card @param {string} selector
 * @param {'color' | 'backgroundColor'} property */
function colour(card, selector, property) {
  return getComputedStyle(/** @type {Element} */ (card.querySelector(selector)))[property];
}

/** @param {Element} card */
function faint(card) {
  return colour(card, '.fine', 'color').replace(/^rgb\((.*)\)$/, 'rgba($1, .25)');
}

/** @param {number} seconds */
function age(seconds) {
  if (seconds < MINUTE) return seconds ? `${seconds} s` : '0';
  if (seconds < 2 * HOUR) return `${+(seconds / MINUTE).toFixed(1)} min`;
  return `${+(seconds / HOUR).toFixed(1)} h`;
}

document.addEventListener('freshened', draw);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const { plot } of drawn.values()) plot.redraw(false, true);
});
draw();
