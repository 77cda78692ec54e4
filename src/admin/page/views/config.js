/** The config that serves: from which file, since when, what is wrong with the one on the disk, and the way back. */
import { asked } from '../asked.js';
import { h } from '../dom.js';
import { ago, clock, seconds } from '../format.js';
import { badge, button, code, facts, section, sectionOf } from '../parts.js';
import { generationList } from './generations.js';
import { dependencies } from './dependencies.js';

/** @import { ReloadStatus } from '../../page-data.ts' */
/** @import { GenerationsStatus } from './generations.js' */
/** @import { Page, View } from '../router.js' */
/** @import { Level } from '../parts.js' */

/**
 * @param {Page} page
 * @returns {View}
 */
export function configView(page) {
  /** @type {import('../asked.js').Asked<GenerationsStatus>} */
  const generations = asked(page, () => page.api.get('generations'));
  const list = generationList(page);
  return {
    title: 'Config',
    draw() {
      const { gateway } = page.snapshot;
      generations.follow([gateway.generation, gateway.startedAt, gateway.rolledBackTo]);
      return [
        h('h1', { tabindex: -1 }, 'Config'),
        sectionOf(
          { title: 'What serves', aside: button('Reload', () => void reload(page)) },
          configFacts(page),
        ),
        gateway.reload !== undefined && section('Last reload', lastReload(page, gateway.reload)),
        section(
          'Generations',
          generations.draw(),
          generations.value !== undefined && list.draw(generations.value),
        ),
        dependencies(page),
      ];
    },
  };
}

/** @param {Page} page */
function configFacts({ snapshot: { gateway, routeCount }, now }) {
  const { config, generation, rolledBackTo, restartRequired } = gateway;
  return facts([
    ['File', code(config.file)],
    ['Generation', String(generation)],
    ['Serves for', `${seconds(config.ageSeconds)}, since ${clock(config.since, now())}`],
    ['By', config.cause],
    ['Routes', String(routeCount)],
    ['SHA-256', h('code', { class: 'hash' }, config.hash)],
    [
      'Rollback',
      rolledBackTo === undefined
        ? undefined
        : badge('note', `to generation ${rolledBackTo}, until the config files change`),
    ],
    [
      'Restart required',
      restartRequired.length === 0 ? undefined : badge('warn', `for ${restartRequired.join(', ')}`),
    ],
  ]);
}

/** @type {Readonly<Record<ReloadStatus['result'], Level>>} */
const RESULTS = { applied: 'ok', rejected: 'bad', held: 'note' };

/**
 * @param {Page} page
 * @param {ReloadStatus} reload
 */
const lastReload = ({ now }, { result, cause, at, faults, changes }) => [
  h('p', {}, badge(RESULTS[result], result), ` by ${cause}, ${ago(at, now())}`),
  faults.length > 0 &&
    h(
      'div',
      { class: result === 'rejected' ? 'faults' : '' },
      h('h3', {}, result === 'rejected' ? 'Faults: the config before keeps serving' : 'Warnings'),
      h('ul', { class: 'plain' }, ...faults.map((fault) => h('li', {}, code(fault)))),
    ),
  changes.length > 0 &&
    h(
      'div',
      {},
      h('h3', {}, 'What changed'),
      h('ul', { class: 'plain' }, ...changes.map((change) => h('li', {}, change))),
    ),
];

/** @param {Page} page */
const reload = (page) =>
  page.dialogs.order({
    title: 'Reload the config',
    effect:
      page.snapshot.gateway.rolledBackTo === undefined
        ? 'The files are read again. A config with faults changes nothing.'
        : 'This ends the rollback: the config of the files serves again. One with faults changes nothing.',
    verb: 'Reload',
    run: async (reason) => {
      const force = page.snapshot.gateway.rolledBackTo !== undefined;
      /** @type {ReloadStatus} */
      const { result } = await page.api.post(
        'reload',
        { ...(force && { force }), reason },
        [409, 422],
      );
      page.say(`Reload: ${result}.`);
    },
  });
