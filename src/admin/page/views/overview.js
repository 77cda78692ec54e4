/** What an operator keeps open: what is wrong now, how it goes, and where the traffic is. */
import { alarmsOf } from '../alarms.js';
import { h } from '../dom.js';
import { ago, bytes, count, millis, percent, rate, seconds } from '../format.js';
import { code, empty, facts, linkTo, mark, section, sectionOf } from '../parts.js';
import { plot } from '../plot.js';
import { trafficTable } from './traffic.js';
import { upstreamRows } from './upstream-rows.js';

/** @import { Page, View } from '../router.js' */
/** @import { Snapshot } from '../../page-data.ts' */
/** @import { Alarm } from '../alarms.js' */

/**
 * @param {Page} page
 * @returns {View}
 */
export const overviewView = (page) => ({
  title: 'Overview',
  draw: () => [
    h('h1', { tabindex: -1 }, 'Overview'),
    section('Right now', alarmList(alarmsOf(page.snapshot, page.now()))),
    h('section', { 'aria-label': 'Figures', key: 'figures' }, figures(page.snapshot)),
    h('div', { class: 'pair', key: 'plots' }, ...plots(page)),
    h('div', { class: 'pair', key: 'lists' }, busiest(page.snapshot), upstreams(page)),
    section('Gateway', gatewayFacts(page)),
  ],
});

/** Alarms that are listed; there are more only where very many targets fail. */
const MOST = 12;
/** Routes that are listed. */
const BUSIEST = 8;

/** @param {readonly Alarm[]} alarms */
function alarmList(alarms) {
  if (alarms.length === 0) {
    return h('p', { class: 'calm' }, mark('ok'), 'Nothing is wrong.');
  }
  return h(
    'ul',
    { class: 'alarms' },
    alarms
      .slice(0, MOST)
      .map(({ key, level, what, why, href }) =>
        h(
          'li',
          { key, class: level },
          mark(level),
          h('div', {}, h('a', { href }, what), why === '' ? '' : h('p', {}, why)),
        ),
      ),
    alarms.length > MOST && h('li', { key: 'more' }, `and ${alarms.length - MOST} more`),
  );
}

/** @param {Snapshot} snapshot */
function figures({ totals, gateway, rateLimitedPerSecond, degradedPerSecond, windowSeconds }) {
  const { requestsPerSecond, errorsPerSecond, latency } = totals;
  const share = requestsPerSecond === 0 ? 0 : errorsPerSecond / requestsPerSecond;
  const isKnown = windowSeconds > 0;
  return facts(
    [
      ['Requests', isKnown ? rate(requestsPerSecond) : '…'],
      ['Errors', h('span', { class: share >= 0.01 ? 'failing' : '' }, percent(share))],
      ['p50', millis(latency?.p50Ms)],
      ['p95', millis(latency?.p95Ms)],
      ['p99', millis(latency?.p99Ms)],
      ['In flight', count(gateway.inflight)],
      ['Rate-limited', rate(rateLimitedPerSecond)],
      ['Degraded', rate(degradedPerSecond)],
      ['CPU', percent(gateway.cpu)],
      ['Memory', bytes(gateway.rssBytes)],
    ],
    'figures',
  );
}

/** @param {Page} page */
const plots = ({ history }) => [
  plot({
    title: 'Requests',
    history,
    format: rate,
    lines: [
      { label: 'all', figure: 'requests', colour: 'line-1' },
      { label: '4xx', figure: 'refusals', colour: 'line-2', dash: [6, 4] },
      { label: '5xx', figure: 'errors', colour: 'line-3', dash: [2, 3] },
    ],
  }),
  plot({
    title: 'Latency',
    history,
    format: millis,
    lines: [
      { label: 'p50', figure: 'p50', colour: 'line-1' },
      { label: 'p95', figure: 'p95', colour: 'line-2', dash: [6, 4] },
      { label: 'p99', figure: 'p99', colour: 'line-3', dash: [2, 3] },
    ],
  }),
];

/** @param {Snapshot} snapshot */
const busiest = ({ routes }) =>
  sectionOf(
    { title: 'Busiest routes', aside: linkTo('routes', '', 'All routes') },
    routes.length === 0 ? empty('No requests just now.') : trafficTable(routes.slice(0, BUSIEST)),
  );

/** @param {Page} page */
const upstreams = ({ snapshot }) =>
  sectionOf(
    { title: 'Upstreams', aside: linkTo('upstreams', '', 'All upstreams') },
    upstreamRows(snapshot.upstreams.slice(0, BUSIEST)),
  );

/** @param {Page} page */
function gatewayFacts({ snapshot: { gateway }, now }) {
  const { version, generation, config, uptimeSeconds, connections, descriptors } = gateway;
  const { used, allowed } = descriptors;
  const pairs = /** @type {const} */ ([
    ['Version', version],
    ['Address', code(gateway.url)],
    ['Up for', seconds(uptimeSeconds)],
    ['Config', code(config.file)],
    ['Generation', [linkTo('config', '', String(generation)), `, ${ago(config.since, now())}`]],
    ['Connections', count(connections)],
    ['Heap', `${bytes(gateway.heapUsedBytes)} of ${bytes(gateway.heapLimitBytes)}`],
    ['Timers late by', `${millis(gateway.loopLagMs)}, p99 ${millis(gateway.loopLagP99Ms)}`],
    [
      'Descriptors',
      used === undefined
        ? undefined
        : `${count(used)}${allowed === undefined ? '' : ` of ${count(allowed)}`}`,
    ],
    ['Log lines dropped', count(gateway.logLinesDropped)],
  ]);
  return facts(pairs, 'facts two');
}
