/**
 * README.md, "Work that takes several services": its commands, run by a shell against the demo's own config and services, are
 * answered as the page shows. Only the store is another one, because an embedded one opens slowly: .ci/demo has that.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { inventory } from '../../demo/services/inventory.ts';
import { orders } from '../../demo/services/orders.ts';
import { payments } from '../../demo/services/payments.ts';
import { shipping } from '../../demo/services/shipping.ts';
import { users } from '../../demo/services/users.ts';
import { createGateway } from '../../src/gateway.ts';
import { createSilentLogger } from '../../src/observe/log.ts';
import { serve } from '../demo/shop.ts';
import { Page } from '../helpers/page.ts';
import { describePostgres, ownPostgres } from '../helpers/postgres.ts';
import { startIssuer } from '../openapi/demo.ts';

const [, SECTION = ''] = new Page('README.md').text.split('## Work that takes several services\n');
const [TEXT = ''] = SECTION.split('\n## ');
const blocks = (language: string): string[] =>
  [...TEXT.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text]) => text!,
  );
const [COMPLETED = '', UNDONE = '', KILLED = ''] = blocks('sh');
const [FUNCTION = ''] = COMPLETED.split('\n');
const [COMPLETED_ANSWER = '', UNDONE_ANSWER = ''] = blocks('json');

/** The demo's config, with paths from its root and the store of the test. */
function configFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portico-fulfilment-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'gateway.config.yaml');
  const text = readFileSync('demo/fulfilment.config.yaml', 'utf8')
    .replace(/^ {2}embedded: .*$/m, '  postgres: ${DATABASE_URL}')
    .replaceAll(/(?<=[ [])\.\.\//g, `${process.cwd()}/`);
  writeFileSync(file, text);
  return file;
}

async function startDemo(store: string) {
  const broken: { app: FastifyInstance } = { app: payments() };
  const ISSUER = await startIssuer();
  const PAYMENTS_URL = await serve(broken.app);
  const gateway = await createGateway({
    file: configFile(),
    environment: {
      DATABASE_URL: store,
      ISSUER,
      PAYMENTS_URL,
      HOST: '127.0.0.1',
      PORT: '0',
      ADMIN_PORT: '0',
      USERS_URL: await serve(users()),
      ORDERS_URL: await serve(orders()),
      INVENTORY_URL: await serve(inventory()),
      SHIPPING_URL: await serve(shipping()),
    },
    log: createSilentLogger(),
  });
  onTestFinished(async () => void (await gateway.close()));
  await gateway.listen();
  const token = (await (await fetch(`${ISSUER}/token`)).json()) as {
    readonly access_token: string;
  };
  const TOKEN = token.access_token;
  return {
    /** The last line that the commands print. */
    shell: async (commands: string): Promise<string> => {
      const script = commands.replaceAll('localhost:8080', new URL(gateway.url).host);
      // Answers have no line break at their end.
      const spaced = script.replaceAll(/^shop (?!\()/gm, 'echo; shop ');
      const { stdout } = await promisify(execFile)('bash', ['-c', spaced], {
        env: { ...process.env, TOKEN },
      });
      return stdout.trim().split('\n').at(-1) ?? '';
    },
    killPayments: () => broken.app.close(),
    startPayments: async () => {
      broken.app = payments();
      onTestFinished(() => broken.app.close());
      await broken.app.listen({ host: '127.0.0.1', port: Number(new URL(PAYMENTS_URL).port) });
    },
  };
}

/** Without what differs from one time to the next. The order of members counts. */
const constant = (json: string): string =>
  JSON.stringify(JSON.parse(json))
    .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'AT')
    .replaceAll(/urn:request:[^"]+/g, 'urn:request:…')
    .replaceAll(/"version":"[\da-f]{12}"/g, '"version":"HASH"');

interface Resource {
  readonly status: string | number;
  readonly completedSteps: readonly string[];
  readonly steps: readonly { readonly attempts: number; readonly outcome: string }[];
}

describePostgres('README.md', () => {
  const postgres = ownPostgres();

  test('an order is fulfilled, undone, and waits for payments as the page says', async () => {
    const { shell, killPayments, startPayments } = await startDemo(postgres.url());
    const ask = (command: string) => shell(`${FUNCTION}\n${command}`);
    // The store opens a moment after the port.
    await expect
      .poll(() => ask('shop localhost:8080/operations'), { timeout: 30_000 })
      .toContain('"items"');

    expect(constant(await shell(COMPLETED))).toBe(constant(COMPLETED_ANSWER));
    const shown = await ask('shop localhost:8080/api/orders/1000/summary');
    expect(JSON.parse(shown)).toMatchObject({
      order: { status: 'packed' },
      payment: { status: 'captured', amount: 17_900 },
      inventory: { status: 'reserved' },
    });

    expect(constant(await ask(UNDONE))).toBe(constant(UNDONE_ANSWER));
    const [, command = ''] = /`(shop \S+\/summary)`/.exec(TEXT) ?? [];
    expect(JSON.parse(await ask(command))).toMatchObject({
      order: { status: 'placed' },
      payment: { status: 'refunded' },
      inventory: { status: 'released' },
    });

    await killPayments();
    expect(JSON.parse(await ask(KILLED))).toMatchObject({ status: 'running' });
    const again = KILLED.trim().split('\n').at(-1)!;
    let waiting = '';
    await expect
      .poll(
        async () => {
          waiting = await ask(again);
          return (JSON.parse(waiting) as Resource).steps[2]?.outcome;
        },
        { timeout: 20_000 },
      )
      .toBe('failed');
    for (const said of ['"status":"running"', '"completedSteps":["order","reserve"]']) {
      expect([TEXT.includes(said), waiting.includes(said)]).toEqual([true, true]);
    }
    await startPayments();
    const ended = JSON.parse(
      await ask(again.replace(' -H', " -H 'Prefer: wait=30' -H")),
    ) as Resource;
    expect(ended.status).toBe('completed');
    expect(ended.steps[2]?.attempts).toBeGreaterThan(1);
  }, 90_000);
});
