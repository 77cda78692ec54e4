/** What is shown before the first snapshot. */
import { h } from '../dom.js';

/** @import { Child } from '../dom.js' */
/** @import { Connection } from '../connection.js' */

/**
 * @param {Connection} connection
 * @returns {Child[]}
 */
export const waiting = (connection) => [
  h('h1', { tabindex: -1 }, 'Portico'),
  connection.kind === 'lost'
    ? h('p', { class: 'empty', role: 'alert' }, `Nothing is known yet: ${connection.why}.`)
    : h('p', { class: 'empty' }, 'Waiting for the gateway…'),
];
