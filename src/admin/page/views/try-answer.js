/** What the gateway answered to a request that was tried. */
import { h } from '../dom.js';
import { bytes, millis } from '../format.js';
import { badge, code, facts, linkTo, section } from '../parts.js';

/** @import { TryAnswer } from '../../page-data.ts' */

/** @param {TryAnswer} answer */
export const tryAnswer = ({ status, headers, body, encoding, truncated, requestId, ms }) =>
  section(
    'Answer',
    facts([
      ['Status', badge(statusLevel(status), String(status))],
      ['Time', millis(ms)],
      [
        'Body',
        `${bytes(body.length)}${encoding === 'base64' ? ', as base64' : ''}${truncated ? ', cut' : ''}`,
      ],
      [
        'Request',
        requestId === undefined
          ? undefined
          : linkTo('requests', requestId, 'waterfall of ', code(requestId)),
      ],
    ]),
    h('pre', { class: 'answer', tabindex: 0 }, pretty(body)),
    h(
      'details',
      {},
      h('summary', {}, `${headers.length} headers`),
      h('pre', { tabindex: 0 }, headers.map(([name, value]) => `${name}: ${value}`).join('\n')),
    ),
  );

/** @param {number} status */
export function statusLevel(status) {
  if (status >= 500) return 'bad';
  return status >= 400 ? 'warn' : 'ok';
}

/** @param {string} body */
function pretty(body) {
  if (!/^\s*[[{]/.test(body)) return body;
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}
