/** The small parts that views are made of. */
import { h } from './dom.js';

/** @import { Child } from './dom.js' */

/**
 * How bad something is. Each has a shape and a word of its own, for eyes that see no colour.
 *
 * @typedef {'ok' | 'note' | 'warn' | 'bad'} Level
 */

/** @param {Level} level */
export const mark = (level) => h('span', { class: `mark ${level}`, 'aria-hidden': 'true' });

/**
 * @param {Level} level
 * @param {Child[]} text
 */
export const badge = (level, ...text) =>
  h('span', { class: `badge ${level}` }, mark(level), h('span', {}, ...text));

/**
 * A part of a view, with its heading.
 *
 * @param {string} title
 * @param {Child[]} content
 */
export const section = (title, ...content) => sectionOf({ title }, ...content);

/**
 * @param {{ title: string, class?: string, aside?: Child }} options  `aside` stands beside the heading
 * @param {Child[]} content
 */
export const sectionOf = ({ title, class: name, aside }, ...content) =>
  h(
    'section',
    { key: title, class: name, 'aria-label': title },
    h('div', { class: 'section-head' }, h('h2', {}, title), aside),
    ...content,
  );

/**
 * Names and values; a value that is not there is left out.
 *
 * @param {readonly (readonly [name: string, value: Child])[]} pairs
 * @param {string} [name]
 */
export const facts = (pairs, name = 'facts') =>
  h(
    'dl',
    { class: name },
    pairs
      .filter(([, value]) => value !== undefined && value !== '')
      .map(([term, value]) => h('div', { key: term }, h('dt', {}, term), h('dd', {}, value))),
  );

/** @param {Child[]} text */
export const empty = (...text) => h('p', { class: 'empty' }, ...text);

/** @param {Child[]} text */
export const code = (...text) => h('code', {}, ...text);

/**
 * A link within the page.
 *
 * @param {string} view
 * @param {string} parameter
 * @param {Child[]} text
 */
export const linkTo = (view, parameter, ...text) =>
  h('a', { href: addressOf(view, parameter) }, ...text);

/**
 * @param {string} view
 * @param {string} [parameter]
 */
export const addressOf = (view, parameter = '') =>
  `#/${view}${parameter === '' ? '' : `/${encodeURIComponent(parameter)}`}`;

/**
 * @param {string} text
 * @param {(event: Event) => void} onclick
 * @param {{ class?: string, disabled?: boolean, pressed?: boolean, label?: string }} [options]
 */
export const button = (text, onclick, { class: name, disabled, pressed, label } = {}) =>
  h(
    'button',
    {
      type: 'button',
      class: name,
      onclick,
      disabled,
      'aria-label': label,
      'aria-pressed': pressed === undefined ? undefined : String(pressed),
    },
    text,
  );
