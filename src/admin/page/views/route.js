/** One route: what it matches and does, how it goes, and what would become of a request to it. */
import { h } from '../dom.js';
import { millis, percent, rate } from '../format.js';
import { badge, code, empty, facts, linkTo, section } from '../parts.js';
import { examplePath, requestBox } from './request-box.js';
import { errorShare } from './traffic.js';

/** @import { Page, View } from '../router.js' */
/** @import { RouteStatus } from '../../page-data.ts' */

/**
 * @param {Page} page
 * @param {string} name
 * @returns {View}
 */
export function routeView(page, name) {
  /** @type {ReturnType<typeof requestBox> | undefined} */
  let box;
  return {
    title: name,
    draw() {
      const route = page.routes?.find((each) => each.name === name);
      if (route !== undefined) box ??= requestBox(page, firstRequest(route));
      return [
        h('p', { class: 'crumbs' }, linkTo('routes', '', 'Routes')),
        h('h1', { tabindex: -1 }, name),
        route === undefined ? unknown(page, name) : routeFacts(route),
        trafficFacts(page, name),
        ...(box === undefined ? [] : box.draw()),
      ];
    },
  };
}

/**
 * @param {Page} page
 * @param {string} name
 */
function unknown({ routes }, name) {
  if (routes === undefined) return empty('The list of routes is on its way…');
  if (name === 'unmatched')
    return empty('Requests that no route matches. They are answered with 404.');
  return empty('The config has no route of this name, or no longer.');
}

/** @param {RouteStatus} route */
const routeFacts = ({ owner, match, action, plugins }) =>
  facts([
    ['Matches', h('ul', { class: 'plain' }, ...match.map((pattern) => h('li', {}, code(pattern))))],
    ['Action', action],
    ['Owner', owner],
    [
      'Plugins',
      plugins.length === 0
        ? 'none'
        : h(
            'span',
            { class: 'tags' },
            ...plugins.map((plugin) => h('span', { class: 'tag' }, plugin)),
          ),
    ],
  ]);

/**
 * @param {Page} page
 * @param {string} name
 */
function trafficFacts({ snapshot: { routes, windowSeconds } }, name) {
  const traffic = routes.find((route) => route.name === name);
  if (traffic === undefined) {
    return section(
      'Traffic',
      empty(`No requests in the last ${Math.round(windowSeconds) || 10} s.`),
    );
  }
  const { requestsPerSecond, refusalsPerSecond, latency } = traffic;
  const share = errorShare(traffic);
  return section(
    'Traffic',
    facts(
      [
        ['Requests', rate(requestsPerSecond)],
        ['Errors', share > 0 ? badge(share < 0.05 ? 'warn' : 'bad', percent(share)) : percent(0)],
        ['4xx', rate(refusalsPerSecond)],
        ['p50', millis(latency?.p50Ms)],
        ['p95', millis(latency?.p95Ms)],
        ['p99', millis(latency?.p99Ms)],
      ],
      'figures',
    ),
  );
}

/** @param {RouteStatus} route */
function firstRequest({ match }) {
  const [first = '/'] = match;
  const [, methods = '', pattern = '/'] = /^(?:([A-Z,]+) )?(?:[^/]*)(\/\S*)/.exec(first) ?? [];
  return { method: methods.split(',')[0] || 'GET', path: examplePath(pattern) };
}
