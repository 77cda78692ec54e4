/** Requests that went wrong, the last first: what happened, why, and to which request. */
import { asked } from '../asked.js';
import { h } from '../dom.js';
import { counted } from '../format.js';
import { requestList } from './request-list.js';

/** @import { Problems } from '../../page-data.ts' */
/** @import { Page, View } from '../router.js' */

/**
 * @param {Page} page
 * @returns {View}
 */
export function problemsView(page) {
  /** @type {import('../asked.js').Asked<Problems>} */
  const problems = asked(page, () => page.api.get('problems'));
  const list = requestList(page, { caption: 'Problems', kind: 'failed' });
  return {
    title: 'Problems',
    draw() {
      const { total, latest } = page.snapshot.problems;
      problems.follow([total, latest[0]]);
      const { value } = problems;
      return [
        h('h1', { tabindex: -1 }, 'Problems'),
        h(
          'p',
          { class: 'lead' },
          `Requests that failed or were refused: ${counted(total, 'problem')} since the start, the last of each kind here.`,
        ),
        problems.draw(),
        value !== undefined && list.draw(value.problems),
      ];
    },
  };
}
