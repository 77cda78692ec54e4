/** The configs of the pages about listeners that name certificates load as they are. */
import { expect, test } from 'vitest';
import { faultsOf } from '../config/config-files.ts';
import { identity } from '../helpers/secure-upstream.ts';
import { Page } from '../helpers/page.ts';

const { cert, key } = identity('server');

test.each(['docs/listeners.md', 'docs/recipes/load-balancer.md'])(
  '%s has configs that are valid, with the files that they name',
  async (page) => {
    const configs = new Page(page).blocks('yaml').filter((text) => text.includes('tls/shop.crt'));
    expect(configs).toHaveLength(1);
    for (const text of configs) {
      const config = text.replaceAll('/run/portico/', '/tmp/');
      const files = { 'c.yaml': config, 'tls/shop.crt': cert, 'tls/shop.key': key };
      expect(await faultsOf(files)).toEqual([]);
    }
  },
);
