/**
 * Lines over time, drawn by uPlot. The figures stand above them as text, at the cursor or else the last ones, because a
 * canvas tells a screen reader nothing.
 */
import { draw, h } from './dom.js';
import { colour } from './theme.js';

/** @import UPlot from 'uplot' */
/** @import { Figure, History } from './history.js' */

/**
 * @typedef Line
 * @property {string} label
 * @property {Figure} figure
 * @property {string} colour  of style/theme.css
 * @property {readonly number[]} [dash]
 */
/**
 * @typedef PlotOptions
 * @property {string} title
 * @property {History} history
 * @property {readonly Line[]} lines
 * @property {(value: number) => string} format
 */

/** In pixels of CSS. */
const HEIGHT = 190;
/** The least width of the plot in time, in seconds: with fewer points, the line begins at the right. */
const LEAST_SECONDS = 60;
/** Not beside this file on the disk: page.ts takes it out of its package. */
const UPLOT = './uplot.js';

/** @param {PlotOptions} options */
export const plot = (options) =>
  h('figure', {
    class: 'plot',
    key: options.title,
    mount: (/** @type {HTMLElement} */ element) => mount(element, options),
  });

/**
 * @param {HTMLElement} element
 * @param {PlotOptions} options
 */
function mount(element, options) {
  const { history } = options;
  const caption = element.appendChild(document.createElement('figcaption'));
  const area = element.appendChild(document.createElement('div'));
  area.setAttribute('aria-hidden', 'true');
  area.className = 'plot-area';
  /** @type {UPlot | undefined} */
  let chart;
  let isGone = false;
  const tell = () => drawCaption(caption, options, chart?.cursor.idx ?? history.times.length - 1);
  const update = () => {
    chart?.setData(dataOf(options));
    tell();
  };
  const rebuild = async () => {
    const { default: Chart } = await loadUplot();
    if (isGone) return;
    chart?.destroy();
    chart = new Chart(settings(options, area.clientWidth, tell), dataOf(options), area);
  };
  const resized = new ResizeObserver(() => {
    chart?.setSize({ width: area.clientWidth, height: HEIGHT });
  });
  const themed = new MutationObserver(() => void rebuild());
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const onSystemTheme = () => void rebuild();
  const unfollow = history.follow(update);
  themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  dark.addEventListener('change', onSystemTheme);
  tell();
  void rebuild().then(() => resized.observe(area));
  return () => {
    isGone = true;
    unfollow();
    resized.disconnect();
    themed.disconnect();
    dark.removeEventListener('change', onSystemTheme);
    chart?.destroy();
  };
}

/** @returns {Promise<{ default: typeof UPlot }>} */
const loadUplot = () => import(UPLOT);

/**
 * @param {PlotOptions} options
 * @returns {UPlot.AlignedData}
 */
const dataOf = ({ history, lines }) =>
  /** @type {UPlot.AlignedData} */ ([
    history.times,
    ...lines.map(({ figure }) => history.figures[figure]),
  ]);

/**
 * @param {Element} caption
 * @param {PlotOptions} options
 * @param {number} index
 */
function drawCaption(caption, { title, history, lines, format }, index) {
  const time = history.times[index];
  const isLast = index === history.times.length - 1;
  draw(
    caption,
    h('strong', {}, title),
    ...lines.map((line) => {
      const value = history.figures[line.figure][index];
      const shown = value === null || value === undefined ? '–' : format(value);
      return h('span', { class: 'key' }, swatch(line), `${line.label} `, h('b', {}, shown));
    }),
    h(
      'span',
      { class: 'at' },
      isLast || time === undefined ? '' : new Date(time * 1_000).toLocaleTimeString('en-GB'),
    ),
  );
}

/** @param {Line} line */
const swatch = ({ colour: name, dash = [] }) =>
  h('span', {
    class: 'swatch',
    'aria-hidden': 'true',
    style: {
      'border-top-color': `var(--${name})`,
      'border-top-style':
        ['solid', 'dotted', 'dashed'][dash.length === 0 ? 0 : dash[0] === 2 ? 1 : 2] ?? '',
    },
  });

/**
 * @param {PlotOptions} options
 * @param {number} width
 * @param {() => void} onCursor
 * @returns {UPlot.Options}
 */
function settings({ lines, format }, width, onCursor) {
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis = {
    font,
    stroke: colour('muted'),
    grid: { stroke: colour('grid'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    padding: [10, 26, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { range: (_chart, min, max) => [Math.min(min, max - LEAST_SECONDS), max] },
      y: { range: (_chart, _min, max) => [0, max > 0 ? max * 1.15 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 26,
        space: 70,
        values: (_chart, times) => times.map(clockTime),
      },
      { ...axis, size: 58, values: (_chart, values) => values.map(format) },
    ],
    series: [
      {},
      ...lines.map(({ label, colour: name, dash }) => ({
        label,
        stroke: colour(name),
        width: 1.5,
        points: { show: false },
        ...(dash && { dash: [...dash] }),
      })),
    ],
    hooks: { setCursor: [onCursor] },
  };
}

/** @param {number} time  seconds since 1970 */
const clockTime = (time) => new Date(time * 1_000).toLocaleTimeString('en-GB');
