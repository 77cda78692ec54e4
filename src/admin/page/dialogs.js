/**
 * What is asked before something changes: the operator's token, and the reason, which goes to the gateway's log.
 *
 * Without `admin.token` nothing can be changed from a page; the dialog then says how to set one.
 */
import { draw, h } from './dom.js';
import { button, code } from './parts.js';
import { Refusal, tellError } from './api.js';
import { typed } from './typed.js';

/** @import { Token } from './token.js' */
/** @import { Child, Description } from './dom.js' */

/**
 * @typedef Dialogs
 * @property {() => Promise<void>} askToken
 * @property {(order: Order) => Promise<void>} order
 */
/**
 * Something that changes the gateway.
 *
 * @typedef Order
 * @property {string} title
 * @property {string} effect  what it will do, in a sentence
 * @property {string} verb  on the button
 * @property {(reason: string) => Promise<void>} run
 */
/**
 * @typedef DialogsOptions
 * @property {HTMLDialogElement} dialog
 * @property {Token} token
 * @property {() => boolean} hasToken  does the gateway have one?
 * @property {() => Promise<void>} check  rejects with a {@link Refusal} of 401 where the token is a wrong one
 */

/** Of a reason, in characters: what the gateway accepts. */
const LONGEST_REASON = 200;

/**
 * @param {DialogsOptions} options
 * @returns {Dialogs}
 */
export function createDialogs(options) {
  const { hasToken, check } = options;
  return {
    askToken: () =>
      show(options, {
        title: 'Admin token',
        content: [
          h('p', {}, 'It is kept in this tab alone, and forgotten when the tab is closed.'),
        ],
        isReasoned: false,
        verb: 'Use it',
        run: async () => {
          await check();
        },
      }),
    order: ({ title, effect, verb, run }) =>
      hasToken()
        ? show(options, { title, content: [h('p', {}, effect)], isReasoned: true, verb, run })
        : show(options, { title, content: howToSetToken(), isReasoned: false, verb: '', run }),
  };
}

/** @returns {Description[]} */
export const howToSetToken = () => [
  h(
    'p',
    {},
    'This page changes nothing and tries nothing unless the gateway has an admin token. Add one to its config, then save or reload:',
  ),
  h('pre', {}, 'admin:\n  token: ${file:/run/secrets/portico-admin}'),
  h(
    'p',
    {},
    'A good one: ',
    code('openssl rand -hex 32'),
    '. Programs on this machine need none until it is set.',
  ),
];

/**
 * @typedef Form
 * @property {string} title
 * @property {Child[]} content
 * @property {boolean} isReasoned
 * @property {string} verb  empty: there is nothing to do but read
 * @property {(reason: string) => Promise<void>} run
 */

/**
 * Resolves when it is closed.
 *
 * @param {DialogsOptions} options
 * @param {Form} form
 * @returns {Promise<void>}
 */
function show({ dialog, token }, { title, content, isReasoned, verb, run }) {
  let fault = '';
  let isBusy = false;
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const given = typed(form, 'token').trim();
    const reason = typed(form, 'reason').trim();
    if (given !== '') token.set(given);
    [fault, isBusy] = ['', true];
    redraw();
    try {
      await run(reason);
      dialog.close();
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) token.forget();
      fault = faultOf(error);
    }
    isBusy = false;
    redraw();
  };
  const redraw = () =>
    draw(
      dialog,
      h(
        'form',
        { key: title, onsubmit: (/** @type {Event} */ event) => void submit(event) },
        h('h2', { id: 'dialog-title' }, title),
        ...content,
        verb !== '' && token.value === '' && tokenField(),
        isReasoned && reasonField(),
        h('p', { class: 'fault', role: 'alert' }, fault),
        h(
          'div',
          { class: 'actions' },
          button(verb === '' ? 'Close' : 'Cancel', () => dialog.close()),
          verb !== '' && h('button', { class: 'primary', disabled: isBusy }, verb),
        ),
      ),
    );
  redraw();
  dialog.showModal();
  return new Promise((resolve) => {
    const end = () => {
      draw(dialog);
      resolve();
    };
    dialog.addEventListener('close', end, { once: true });
  });
}

/** @param {unknown} error */
function faultOf(error) {
  if (error instanceof Refusal && error.status === 401) return 'This is not the admin token.';
  return tellError(error);
}

const tokenField = () =>
  h(
    'label',
    { key: 'token' },
    h('span', {}, 'Admin token'),
    h('input', {
      name: 'token',
      type: 'password',
      required: true,
      autocomplete: 'off',
      spellcheck: 'false',
    }),
  );

const reasonField = () =>
  h(
    'label',
    { key: 'reason' },
    h('span', {}, 'Reason, for the log'),
    h('input', { name: 'reason', required: true, maxlength: LONGEST_REASON, autocomplete: 'off' }),
  );
