/** Any request, explained or tried, without knowing its route. */
import { h } from '../dom.js';
import { requestBox } from './request-box.js';

/** @import { Page, View } from '../router.js' */

/**
 * @param {Page} page
 * @returns {View}
 */
export function explainView(page) {
  const box = requestBox(page, { method: 'GET', path: '/' });
  return {
    title: 'Explain',
    draw: () => [
      h('h1', { tabindex: -1 }, 'Explain'),
      h(
        'p',
        { class: 'lead' },
        'Which route a request gets and why, what each plugin says, and what upstreams would be sent. Explaining calls nothing and counts nothing; trying sends the request.',
      ),
      ...box.draw(),
    ],
  };
}
