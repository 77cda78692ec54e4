/** A list of requests with a filter above it. */
import { h } from '../dom.js';
import { button, empty } from '../parts.js';
import { requestTable } from './request-table.js';

/** @import { RequestSummary } from '../../page-data.ts' */
/** @import { Child } from '../dom.js' */
/** @import { Page } from '../router.js' */

/** @type {readonly (readonly [kind: string, words: string, isIn: (status: number) => boolean])[]} */
const KINDS = [
  ['all', 'All', () => true],
  ['failed', 'Failed (5xx)', (status) => status >= 500],
  ['refused', 'Refused (4xx)', (status) => status >= 400 && status < 500],
];

/**
 * @param {Page} page
 * @param {{ caption: string, kind: 'all' | 'failed' }} options  `kind`: what is shown at first
 * @returns {{ draw: (requests: readonly RequestSummary[], more?: Child) => Child[] }}
 */
export function requestList(page, { caption, kind: first }) {
  let filter = '';
  /** @type {string} */
  let kind = first;
  /** @param {Event} event */
  const onFilter = (event) => {
    filter = /** @type {HTMLInputElement} */ (event.target).value;
    page.redraw();
  };
  return {
    draw(requests, more) {
      const isIn = KINDS.find(([name]) => name === kind)?.[2] ?? (() => true);
      const found = filtered(requests, filter).filter(({ status }) => isIn(status));
      return [
        h(
          'div',
          { class: 'tools', key: 'tools' },
          h(
            'label',
            {},
            h('span', { class: 'unseen' }, 'Filter by path, route, status, code or id'),
            h('input', {
              type: 'search',
              placeholder: 'Filter: path, route, status, code, id',
              oninput: onFilter,
            }),
          ),
          h(
            'div',
            { class: 'choice', role: 'group', 'aria-label': 'Which ones' },
            KINDS.map(([name, words]) =>
              button(
                words,
                () => {
                  kind = name;
                  page.redraw();
                },
                { class: 'small', pressed: name === kind },
              ),
            ),
          ),
          more,
          h('span', { class: 'faint', role: 'status' }, `${found.length} of ${requests.length}`),
        ),
        found.length === 0 ? empty('None.') : requestTable(page, caption, found),
      ];
    },
  };
}

/**
 * @param {readonly RequestSummary[]} requests
 * @param {string} filter
 */
function filtered(requests, filter) {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return requests.filter(
    ({ id, method, path, route, status, code = '', cause = '', upstreams }) => {
      const all = [id, method, path, route, status, code, cause, ...upstreams];
      const text = all.join(' ').toLowerCase();
      return words.every((word) => text.includes(word));
    },
  );
}
