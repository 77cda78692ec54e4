/** docs/compression.md: its examples do what the page says, and its tables name what there is. */
import { expect, test } from 'vitest';
import { Options } from '../../plugins/compress/options.ts';
import { Page } from '../helpers/page.ts';
import { metricsOf } from '../listener/gateway.ts';
import { ask, textOf } from '../plugins/compress/support.ts';
import { served } from './served.ts';

const PAGE = new Page('docs/compression.md');
const [FIRST, SECOND] = PAGE.blocks('yaml');

test('the first example compresses and tags as the page shows', async () => {
  const gateway = await served(FIRST!, {
    upstreams: {
      catalog: ({ path }) =>
        path.endsWith('/test')
          ? { body: 'test' }
          : { body: { text: textOf(5_000) }, headers: { etag: '"v7"' } },
    },
  });
  const url = `${gateway.url}/api/catalog/products`;
  const came = await ask(url, { headers: { 'accept-encoding': 'gzip;q=0.5, br' } });
  const shown = PAGE.text.match(/^< (?!HTTP)[\w-]+: .*$/gm)!;
  for (const line of shown.slice(0, 4)) {
    const [name = '', value] = line.slice(2).split(': ');
    expect([name, came.headers[name]]).toEqual([name, value]);
  }

  const tagged = `${gateway.url}/api/catalog/test`;
  const { headers } = await ask(tagged);
  expect(shown.slice(4)).toEqual([`< etag: ${headers.etag}`, `< etag: ${headers.etag}`]);
  const again = await ask(tagged, { headers: { 'if-none-match': headers.etag } });
  expect([again.status, again.headers.etag]).toEqual([304, headers.etag]);
});

test('the second example has a bound, and counts bytes', async () => {
  const gateway = await served(SECOND!, {
    upstreams: {
      pages: () => ({ body: textOf(5_000), headers: { 'content-type': 'text/html' } }),
    },
  });
  const accept = { headers: { 'accept-encoding': 'gzip, br' } };
  const { headers, bytes } = await ask(`${gateway.url}/`, accept);
  expect(headers['content-encoding']).toBe('br');
  const metrics = await metricsOf(gateway);
  const own = 'portico_compress_bytes_total{route="pages",coding="br"';
  expect(metrics).toContain(`${own},side="before"} 5000`);
  expect(metrics).toContain(`${own},side="after"} ${bytes.length}`);
});

test('the table of keys has all of them, with their defaults', () => {
  const rows = [...PAGE.text.matchAll(/^\| `(\w+)` \| (.+?) \|/gm)];
  expect(rows.map(([, key]) => key)).toEqual(Object.keys(Options.shape));
  const { encodings, level, minimum } = Options.parse({});
  const defaults = Object.fromEntries(rows.map(([, key, value]) => [key, value]));
  expect(defaults).toMatchObject({
    minimum: `\`${minimum / 1_024}KiB\``,
    encodings: `\`[${encodings.join(', ')}]\``,
    level: `\`{ zstd: ${level.zstd}, br: ${level.br}, gzip: ${level.gzip} }\``,
  });
});
