/** docs/strangler.md: its migration, done by its own commands, comes out as the page shows. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { catalog } from '../../demo/services/catalog.ts';
import { monolith } from '../../demo/services/monolith.ts';
import { run } from '../cli/run.ts';
import { serve } from '../demo/shop.ts';
import { manualClock } from '../helpers/clock.ts';
import { Page } from '../helpers/page.ts';
import { startReloading } from '../reload/reloading.ts';

interface Routes {
  readonly routes: Readonly<Record<string, object>>;
}

const PAGE = new Page('docs/strangler.md');
const [SEAM = '', RULES = '', SPLIT = '', END = ''] = PAGE.blocks('yaml');
const [PRODUCTS = '', VISITORS = '', BREAK = '', REPAIR = ''] = PAGE.blocks('sh');
const SHOWN = PAGE.blocks('text');

/** Two routes of the demo, and the two services of the story. */
async function demo() {
  const { routes } = parse(readFileSync('gateway.config.yaml', 'utf8')) as Routes;
  const own = {
    // Without what needs the issuer.
    products: { match: { path: '/api/products/*' }, upstream: 'catalog', rewrite: '/products/*' },
    shop: routes['shop'],
  };
  const services = { monolith: await serve(monolith()), catalog: await serve(catalog()) };
  const upstreams = {
    monolith: { targets: [services.monolith] },
    catalog: { targets: [services.catalog] },
  };
  const { gateway, url, change } = await startReloading(
    { upstreams, routes: own },
    // It stands still: no call leaves the window, however slow the machine is.
    { clock: manualClock() },
  );
  return {
    /** Adds the routes of an example, as one does who saves the file. */
    save: async (example: string) => {
      const added = (parse(example) as Routes).routes;
      expect(await change({ upstreams, routes: { ...own, ...added } })).toMatchObject({
        result: 'applied',
        faults: [],
      });
    },
    /** Runs commands of the page. */
    shell: async (commands: string) => {
      const script = commands
        .replaceAll('http://127.0.0.1:8080', url)
        .replaceAll('http://127.0.0.1:4102', services.catalog);
      return (await promisify(execFile)('bash', ['-c', script])).stdout;
    },
    portico: async (command: string) => {
      const [, ...args] = command.split(' ');
      const { code, out } = await run([...args, '--admin', gateway.adminUrl!]);
      return code === 0 ? out.join('\n') : `ended with ${code}`;
    },
  };
}

/** Without what differs from one time to the next, and where it breaks lines. */
const constant = (text: string): string =>
  text
    .replaceAll(/\n {6}(?=\S)/g, ' ')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'AT')
    .replaceAll(/\d[\d.]* m?s(?=$|,|\n)/gm, 'TIME')
    .trimEnd();

test('the story is true, from the seam to the end', { timeout: 90_000 }, async (context) => {
  if (spawnSync('curl', ['--version']).error !== undefined) context.skip('curl is not installed');
  const { save, shell, portico } = await demo();
  const shown = SHOWN.values();
  /** The next block: a command and what it prints, in parts if there is an ellipsis. */
  const check = async (): Promise<void> => {
    const [command = '', ...lines] = shown.next().value!.split('\n');
    const parts = lines
      .join('\n')
      .split('…\n')
      .map(constant)
      .filter((part) => part !== '');
    await expect
      .poll(
        async () => {
          const said = constant(await portico(command.replace('$ ', '')));
          return parts.every((part) => said.includes(part)) ? parts.join('\n') : said;
        },
        { timeout: 10_000 },
      )
      .toBe(parts.join('\n'));
  };

  await check();
  await save(SEAM);
  await shell(PRODUCTS);
  await check();
  await save(RULES);
  await shell(PRODUCTS);
  await check();
  await save(SPLIT);
  await shell(VISITORS);
  await check();
  await save(SPLIT.replace('weight: 10 ', 'weight: 50 '));
  await shell(VISITORS);
  await check();
  const broken = await shell(BREAK);
  expect(broken.slice(broken.indexOf('}}') + 2).trimEnd()).toBe(shown.next().value!.trimEnd());
  await check();
  await shell(REPAIR);
  await check();
  await save(SPLIT.replace('weight: 10 ', 'weight: 100 '));
  await check();
  await save(END);
  await check();
  expect(shown.next().done).toBe(true);
});
