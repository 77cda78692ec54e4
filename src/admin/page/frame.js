/** What surrounds the views: which gateway it is, whether what is shown is true, and the way to the other views. */
import { draw, h } from './dom.js';
import { seconds } from './format.js';
import { addressOf, button } from './parts.js';
import { readAddress } from './router.js';
import { theme } from './theme.js';

/** @import { Snapshot } from '../page-data.ts' */
/** @import { Connection } from './connection.js' */

/**
 * @typedef Head
 * @property {Snapshot | undefined} snapshot
 * @property {Connection} connection
 * @property {boolean} hasGivenToken
 * @property {() => void} onToken
 * @property {() => void} onTheme
 * @property {() => void} onRetry
 */

/**
 * @param {HTMLElement} element
 * @param {Head} head
 */
export function drawHead(
  element,
  { snapshot, connection, hasGivenToken, onToken, onTheme, onRetry },
) {
  const gateway = snapshot?.gateway;
  draw(
    element,
    h('a', { class: 'brand', href: addressOf('') }, 'Portico'),
    h(
      'span',
      { class: 'where' },
      gateway === undefined ? '' : gateway.url.replace(/^https?:\/\//, ''),
    ),
    h('span', { class: 'space' }),
    connectionBadge(connection),
    connection.kind === 'lost' && button('Retry', onRetry, { class: 'small' }),
    gateway?.hasToken === true &&
      button(hasGivenToken ? 'Forget token' : 'Enter token', onToken, { class: 'small' }),
    h(
      'button',
      {
        type: 'button',
        class: 'small theme',
        onclick: onTheme,
        'aria-label': 'Dark colours',
        'aria-pressed': String(theme() === 'dark'),
      },
      h('span', { 'aria-hidden': 'true', class: 'half' }),
    ),
  );
}

/** @param {Connection} connection */
function connectionBadge(connection) {
  if (connection.kind === 'live') return h('span', { class: 'connection live' }, 'Live');
  if (connection.kind === 'connecting') return h('span', { class: 'connection' }, 'Connecting');
  const left = Math.max(0, (connection.retryAt - Date.now()) / 1_000);
  return h(
    'span',
    { class: 'connection lost' },
    `Connection lost: ${connection.why}`,
    left > 1 ? `, next try in ${seconds(left)}` : '',
  );
}

/** @type {readonly (readonly [view: string, title: string])[]} */
const TABS = [
  ['', 'Overview'],
  ['routes', 'Routes'],
  ['upstreams', 'Upstreams'],
  ['mirrors', 'Mirrors'],
  ['migration', 'Migration'],
  ['operations', 'Operations'],
  ['config', 'Config'],
  ['problems', 'Problems'],
  ['requests', 'Requests'],
  ['explain', 'Explain'],
];

/**
 * @param {HTMLElement} element
 * @param {Snapshot | undefined} snapshot  a gateway without a store has no operations
 */
export function drawTabs(element, snapshot) {
  const { view } = readAddress(location.hash);
  const current = TABS.some(([name]) => name === view) ? view : '';
  draw(
    element,
    TABS.filter(([name]) => name !== 'operations' || snapshot?.store !== undefined).map(
      ([name, title]) =>
        h(
          'a',
          {
            key: name,
            href: addressOf(name),
            'aria-current': name === current ? 'page' : undefined,
          },
          title,
        ),
    ),
  );
}
