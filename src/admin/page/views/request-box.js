/** A request typed in: to be explained, or to be sent as a client would. */
import { Refusal, tellError } from '../api.js';
import { h } from '../dom.js';
import { button, sectionOf } from '../parts.js';
import { typed } from '../typed.js';
import { explanation } from './explanation.js';
import { tryAnswer } from './try-answer.js';

/** @import { TryAnswer, TryOrder } from '../../page-data.ts' */
/** @import { Child } from '../dom.js' */
/** @import { Page } from '../router.js' */
/** @import { Explained } from '../../explained.ts' */

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** Headers whose values the gateway takes in fields of their own, because URLs are logged. */
const FIELD_PREFIX = 'portico-explain-header-';

/** @typedef {{ method: string, path: string }} First */
/** @typedef {{ method: string, path: string, headers: (readonly [string, string])[], body: string }} Typed */
/**
 * What came of it.
 *
 * @typedef {{ kind: 'none' } | { kind: 'busy', what: string } | { kind: 'fault', text: string }
 *   | { kind: 'explained', explained: Explained } | { kind: 'tried', answer: TryAnswer }} Result
 */

/**
 * @param {Page} page
 * @param {First} first
 * @returns {{ draw: () => Child[] }}
 */
export function requestBox(page, first) {
  /** @type {Result} */
  let result = { kind: 'none' };
  /** @param {Result} next */
  const show = (next) => {
    result = next;
    page.redraw();
  };
  /** @param {Typed} request */
  const explain = async (request) => {
    show({ kind: 'busy', what: 'Explaining…' });
    try {
      show({ kind: 'explained', explained: await askExplanation(page, request) });
    } catch (error) {
      show({ kind: 'fault', text: tellError(error) });
    }
  };
  /** @param {Typed} request */
  const send = (request) =>
    page.dialogs.order({
      title: 'Try a request',
      effect: `${request.method} ${request.path} is sent to the gateway's own port. It reaches the services behind it, and may change something there.`,
      verb: 'Send it',
      run: async (reason) => {
        const answer = await tryRequest(page, request, reason);
        show({ kind: 'tried', answer });
      },
    });
  return {
    draw: () => [
      sectionOf({ title: 'Explain or try a request' }, requestForm(first, { explain, send })),
      h(
        'div',
        { key: 'result', role: 'region', 'aria-label': 'Result', 'aria-live': 'polite' },
        drawResult(result),
      ),
    ],
  };
}

/** @param {Result} result */
function drawResult(result) {
  switch (result.kind) {
    case 'none':
      return '';
    case 'busy':
      return h('p', { class: 'empty' }, result.what);
    case 'fault':
      return h('p', { class: 'fault' }, result.text);
    case 'explained':
      return explanation(result.explained);
    case 'tried':
      return tryAnswer(result.answer);
  }
}

/**
 * @param {Page} page
 * @param {Typed} request
 * @returns {Promise<Explained>}
 */
function askExplanation({ api }, { method, path, headers }) {
  if (!/^(\/|https?:\/\/)/.test(path)) throw new Refusal(400, 'a path begins with /');
  const query = new URLSearchParams({ method, url: path });
  const fields = headers.map(([name, value]) => [FIELD_PREFIX + name.toLowerCase(), value]);
  return api.get(`explain?${query}`, Object.fromEntries(fields));
}

/**
 * @param {Page} page
 * @param {Typed} request
 * @param {string} reason
 * @returns {Promise<TryAnswer>}
 */
function tryRequest({ api }, { method, path, headers, body }, reason) {
  /** @type {TryOrder} */
  const order = { method, path, headers, reason, ...(body === '' ? {} : { body }) };
  return api.post('try', order);
}

/**
 * @param {First} first
 * @param {{ explain: (request: Typed) => unknown, send: (request: Typed) => unknown }} actions
 */
function requestForm(first, { explain, send }) {
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    void explain(read(/** @type {HTMLFormElement} */ (event.currentTarget)));
  };
  /** @param {Event} event */
  const sendIt = (event) => {
    const element = /** @type {HTMLElement} */ (event.currentTarget).closest('form');
    if (element?.reportValidity() === true) void send(read(element));
  };
  return h(
    'form',
    { class: 'request-box', onsubmit: submit },
    h('label', {}, h('span', {}, 'Method'), methodChoice(first.method)),
    h(
      'label',
      { class: 'grow' },
      h('span', {}, 'Path and query'),
      h('input', {
        name: 'path',
        value: first.path,
        required: true,
        spellcheck: 'false',
        autocomplete: 'off',
        autocapitalize: 'off',
      }),
    ),
    h(
      'div',
      { class: 'actions' },
      h('button', { class: 'primary' }, 'Explain'),
      button('Try it', sendIt),
    ),
    h(
      'details',
      { class: 'whole' },
      h('summary', {}, 'Headers and body'),
      h(
        'label',
        {},
        h('span', {}, 'Headers, one a line'),
        h('textarea', {
          name: 'headers',
          rows: 3,
          spellcheck: 'false',
          placeholder: 'authorization: Bearer …',
        }),
      ),
      h(
        'label',
        {},
        h('span', {}, 'Body, to try'),
        h('textarea', { name: 'body', rows: 3, spellcheck: 'false' }),
      ),
    ),
  );
}

/** @param {string} chosen */
const methodChoice = (chosen) =>
  h(
    'select',
    { name: 'method' },
    [...new Set([chosen, ...METHODS])].map((method) =>
      h('option', { key: method, value: method, selected: method === chosen }, method),
    ),
  );

/**
 * @param {HTMLFormElement} form
 * @returns {Typed}
 */
const read = (form) => ({
  method: typed(form, 'method'),
  path: typed(form, 'path').trim(),
  headers: readHeaders(typed(form, 'headers')),
  body: typed(form, 'body'),
});

/**
 * @param {string} text  `name: value` a line; lines without a colon are left out
 * @returns {(readonly [string, string])[]}
 */
export const readHeaders = (text) =>
  text.split('\n').flatMap((line) => {
    const [, name, value] = /^\s*([^:\s]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [/** @type {const} */ ([name, value])];
  });

/**
 * A path that a pattern matches: `/orders/{id}/*` gives `/orders/1/1`.
 *
 * @param {string} pattern
 */
export const examplePath = (pattern) => pattern.replaceAll(/\{[^}]*\}|\*+/g, '1');
