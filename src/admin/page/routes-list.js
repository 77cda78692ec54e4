/** The routes of the config, fetched when they are first wanted, and anew with each generation. */
import { Refusal } from './api.js';

/** @import { RouteList, RouteStatus, Snapshot } from '../page-data.ts' */
/** @import { Api } from './api.js' */

/**
 * @param {Api} api
 * @param {() => void} onChange
 */
export function createRoutesList(api, onChange) {
  /** @type {readonly RouteStatus[] | undefined} */
  let routes;
  let wanted = '';
  return {
    get routes() {
      return routes;
    },
    /**
     * Fetches them if `snapshot` is of another generation, or of another process.
     *
     * @param {Snapshot} snapshot
     */
    async follow({ gateway: { generation, startedAt } }) {
      const asked = `${startedAt} ${generation}`;
      if (asked === wanted) return;
      wanted = asked;
      try {
        const list = /** @type {RouteList} */ (await api.get('routes'));
        if (wanted !== asked) return;
        ({ routes } = list);
        onChange();
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        // The next snapshot tries it again.
        if (wanted === asked) wanted = '';
      }
    },
  };
}
