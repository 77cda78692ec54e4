/** One request: what came of it, and where its time went. */
import { asked } from '../asked.js';
import { h } from '../dom.js';
import { bytes, clock, millis } from '../format.js';
import { badge, code, empty, facts, linkTo, section } from '../parts.js';
import { statusLevel } from './try-answer.js';
import { waterfall } from './waterfall.js';

/** @import { RequestDetail } from '../../page-data.ts' */
/** @import { Child } from '../dom.js' */
/** @import { Page, View } from '../router.js' */

/**
 * @param {Page} page
 * @param {string} id
 * @returns {View}
 */
export function requestView(page, id) {
  /** @type {import('../asked.js').Asked<RequestDetail>} */
  const request = asked(page, () => page.api.get(`requests/${encodeURIComponent(id)}`));
  return {
    title: 'Request',
    draw() {
      request.follow('');
      const { value } = request;
      return [
        h('p', { class: 'crumbs' }, linkTo('requests', '', 'Requests')),
        h(
          'h1',
          { tabindex: -1 },
          value === undefined ? 'Request' : code(`${value.method} ${value.path}`),
        ),
        request.draw(),
        value !== undefined && requestFacts(page, value),
        value !== undefined &&
          section(
            'Where the time went',
            value.calls.length === 0 ? empty('It called no upstream.') : waterfall(value),
            (value.moreCalls ?? 0) > 0 &&
              h('p', { class: 'faint' }, `${value.moreCalls} more calls were not kept.`),
          ),
      ];
    },
  };
}

/**
 * @param {Page} page
 * @param {RequestDetail} request
 */
const requestFacts = ({ now }, request) => facts(factsOf(request, now()), 'facts two');

/**
 * @param {RequestDetail} request
 * @param {number} now
 * @returns {(readonly [string, Child])[]}
 */
const factsOf = (request, now) => [
  ['Status', badge(statusLevel(request.status), String(request.status))],
  ['Error', request.code && h('strong', {}, request.code)],
  ['Cause', request.cause],
  ['Time taken', millis(request.totalMs)],
  ['Outside of calls', millis(request.gatewayMs)],
  ['Began', clock(request.at, now)],
  ['Route', linkTo('routes', request.route, request.route)],
  ['Endpoint', request.endpoint],
  ['Client', request.consumer],
  ['Host', request.host],
  ['Received, sent', `${bytes(request.bytesReceived)}, ${bytes(request.bytesSent)}`],
  ['Fallback', request.fallback],
  ['Split', request.split && `${request.split.side} (${request.split.by})`],
  ['Parts missing', request.missing?.map(({ name, reason }) => `${name} (${reason})`).join(', ')],
  ['Generation', String(request.generation)],
  ['Id', code(request.id)],
  ['Trace', request.traceId && code(request.traceId)],
];
