/** The last ten configs that served: what each changed, what is otherwise since, and the way back to it. */
import { tellError } from '../api.js';
import { h } from '../dom.js';
import { ago, counted } from '../format.js';
import { badge, button, empty } from '../parts.js';

/** @import { Page } from '../router.js' */
/** @import { Child } from '../dom.js' */

/**
 * As `GET /generations` has it.
 *
 * @typedef {{ number: number, at: string, cause: string, changes: readonly string[] }} GenerationStatus
 * @typedef {{ current: number, rolledBackTo?: number, generations: readonly GenerationStatus[] }} GenerationsStatus
 */

/** Changes that are listed at once. */
const MOST = 50;

/** @param {Page} page */
export function generationList(page) {
  /** What has changed since a generation, by the numbers of both. @type {Map<string, readonly string[] | string>} */
  const since = new Map();
  /**
   * @param {string} key
   * @param {number} number
   */
  const compare = async (key, number) => {
    since.set(key, 'Comparing…');
    page.redraw();
    try {
      const { changes } = /** @type {{ changes: readonly string[] }} */ (
        await page.api.get(`generations/${number}/changes`)
      );
      since.set(key, changes);
    } catch (error) {
      since.set(key, tellError(error));
    }
    page.redraw();
  };
  return {
    /** @param {GenerationsStatus} status */
    draw: ({ generations, current }) =>
      h(
        'ol',
        { class: 'generations' },
        generations.map((generation) => {
          const { number, changes } = generation;
          const key = `${number} ${current}`;
          return h(
            'li',
            { key: String(number) },
            h(
              'div',
              { class: 'generation' },
              ...title(page, generation, current),
              number !== current && levers(page, number, () => void compare(key, number)),
            ),
            changes.length > 0 && changeList(changes),
            differences(since.get(key)),
          );
        }),
      ),
  };
}

/**
 * @param {Page} page
 * @param {GenerationStatus} generation
 * @param {number} current
 * @returns {Child[]}
 */
const title = ({ now }, { number, at, cause }, current) => [
  h('strong', {}, `Generation ${number}`),
  number === current ? badge('ok', 'serves') : '',
  h('span', { class: 'faint' }, `${ago(at, now())}, by ${cause}`),
];

/**
 * @param {Page} page
 * @param {number} number
 * @param {() => void} compare
 */
const levers = (page, number, compare) =>
  h(
    'span',
    { class: 'levers' },
    button('Compare', compare, {
      class: 'small',
      label: `Compare generation ${number} with the one that serves`,
    }),
    button('Roll back', () => void rollback(page, number), {
      class: 'small',
      label: `Roll back to generation ${number}`,
    }),
  );

/** @param {readonly string[] | string | undefined} found */
function differences(found) {
  if (found === undefined) return '';
  if (typeof found === 'string') return empty(found);
  return h(
    'div',
    { class: 'since' },
    h(
      'h3',
      {},
      found.length === 0 ? 'Nothing has changed since' : `${counted(found.length, 'change')} since`,
    ),
    changeList(found),
  );
}

/** @param {readonly string[]} changes */
const changeList = (changes) =>
  h(
    'ul',
    { class: 'plain' },
    ...changes.slice(0, MOST).map((change) => h('li', {}, change)),
    changes.length > MOST && h('li', {}, `and ${changes.length - MOST} more`),
  );

/**
 * @param {Page} page
 * @param {number} generation
 */
const rollback = (page, generation) =>
  page.dialogs.order({
    title: `Roll back to generation ${generation}`,
    effect: 'Its config serves again, until the config files change or somebody reloads.',
    verb: 'Roll back',
    run: async (reason) => {
      await page.api.post('rollback', { generation, reason });
      page.say(`Rolled back to generation ${generation}.`);
    },
  });
