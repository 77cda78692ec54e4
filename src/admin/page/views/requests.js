/** The last requests, whatever came of them. */
import { asked } from '../asked.js';
import { h } from '../dom.js';
import { button } from '../parts.js';
import { requestList } from './request-list.js';

/** @import { Requests } from '../../page-data.ts' */
/** @import { Page, View } from '../router.js' */

/**
 * @param {Page} page
 * @returns {View}
 */
export function requestsView(page) {
  /** @type {import('../asked.js').Asked<Requests>} */
  const requests = asked(page, () => page.api.get('requests'));
  const list = requestList(page, { caption: 'Requests', kind: 'all' });
  let round = 0;
  const renew = () => {
    round += 1;
    page.redraw();
  };
  return {
    title: 'Requests',
    draw() {
      requests.follow(round);
      const { value } = requests;
      return [
        h('h1', { tabindex: -1 }, 'Requests'),
        value === undefined
          ? ''
          : h('p', { class: 'lead' }, `The last ${value.kept}, each with its waterfall.`),
        requests.draw(),
        value !== undefined &&
          list.draw(value.requests, button('Renew', renew, { class: 'small' })),
      ];
    },
  };
}
