/** Something asked of the gateway for a view: on its way, there, or refused; asked again when it may have changed. */
import { Refusal, tellError } from './api.js';
import { h } from './dom.js';
import { button, empty } from './parts.js';
import { howToSetToken } from './dialogs.js';

/** @import { Child } from './dom.js' */
/** @import { Page } from './router.js' */

/**
 * @template T
 * @typedef Asked
 * @property {T | undefined} value
 * @property {(version: unknown) => void} follow  asks anew if `version` is another one than the last time
 * @property {() => Child} draw  what to show instead of the value, or beside one that could not be renewed
 */

/**
 * @template T
 * @param {Page} page
 * @param {() => Promise<T>} ask
 * @returns {Asked<T>}
 */
export function asked(page, ask) {
  /** @type {Asked<T>['value']} */
  let value;
  /** @type {Refusal | undefined} */
  let refusal;
  let isAsking = false;
  /** @type {unknown} */
  let last = {};
  const now = async () => {
    isAsking = true;
    try {
      [value, refusal] = [await ask(), undefined];
    } catch (error) {
      refusal = error instanceof Refusal ? error : new Refusal(0, tellError(error));
    }
    isAsking = false;
    page.redraw();
  };
  return {
    get value() {
      return value;
    },
    follow(version) {
      // With another token, the answer may be another.
      const next = JSON.stringify([version, page.token.value]);
      if (isAsking || next === last) return;
      last = next;
      void now();
    },
    draw() {
      if (refusal !== undefined) return refused(page, refusal, () => (last = {}));
      return value === undefined ? empty('On its way…') : '';
    },
  };
}

/**
 * @param {Page} page
 * @param {Refusal} refusal
 * @param {() => void} again
 */
function refused(page, { status, message }, again) {
  if (status === 401) {
    return h(
      'div',
      { class: 'empty' },
      h('p', {}, 'This is for bearers of the admin token.'),
      button('Enter token', () => void page.dialogs.askToken().then(page.redraw), {
        class: 'primary',
      }),
    );
  }
  if (status === 403) {
    return h('div', { class: 'empty' }, h('p', {}, `Refused: ${message}.`), ...howToSetToken());
  }
  return h(
    'div',
    { class: 'empty' },
    h('p', { class: 'fault' }, message),
    status === 404
      ? ''
      : button('Ask again', () => {
          again();
          page.redraw();
        }),
  );
}
