/** `portico operations`, against a gateway with a real store. */
import { expect, test } from 'vitest';
import { run } from '../cli/run.ts';
import { describePostgres } from '../helpers/postgres.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import type { Resource } from './gateways.ts';
import { TOKEN } from './operators.ts';
import { PATIENCE_MS, sharedShop } from './shared-shop.ts';
import { ORDER } from './shop.ts';

const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;
const ID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;
const plain = (lines: readonly string[]): string[] =>
  lines.map((line) =>
    line
      .replace(TIME, 'TIME')
      .replace(ID, 'ID')
      .replace(/\d+ ms/, 'N ms')
      .replaceAll(/ +/g, ' '),
  );

describePostgres('portico operations', { timeout: PATIENCE_MS }, () => {
  const shared = sharedShop({}, { admin: { token: TOKEN } });
  const { ledger } = shared;
  /** The gateway is found as one that listens where ADMIN_PORT says. */
  const portico = (...args: readonly string[]) => {
    const { port } = new URL(shared.shop.gateway.gateway.adminUrl!);
    return run(['operations', ...args], { ADMIN_PORT: port, PORTICO_ADMIN_TOKEN: TOKEN });
  };
  const stuck = async (): Promise<string> => {
    ledger.fault = ({ path }) =>
      path.startsWith('/shipments') ? 409 : path === '/refunds' ? 500 : undefined;
    const { id } = (await (await shared.shop.start(ORDER)).json()) as Resource;
    await shared.shop.ended(id);
    return id;
  };

  test('lists, shows and retries what is stuck, for a reason', async () => {
    const id = await stuck();
    const listed = await portico('list', '--status', 'stuck');
    expect([listed.code, plain(listed.out), listed.err]).toEqual([
      0,
      [
        'NAME KIND RUNNING COMPENSATING STUCK COMPLETED FAILED',
        'fulfilment saga 0 0 1 0 0',
        '',
        'ID STATUS NAME STEP STARTED WHY',
        'ID stuck fulfilment charge TIME STATUS_500',
        'Completed and failed are counted over the last 24 h.',
      ],
      [],
    ]);
    const shown = await portico('show', id);
    expect(plain(shown.out)).toEqual([
      'id ID',
      expect.stringMatching(/^what saga fulfilment, version [0-9a-f]{12}, run 1$/),
      'status stuck at charge: STATUS_500',
      'owner who//ada',
      'started TIME',
      'updated TIME',
      'can retry, skip',
      '',
      'STEP OUTCOME ATTEMPTS',
      'reserve done 1',
      'charge undoing 1',
      'ship failed 1',
      'confirm pending 0',
      '',
      'TIME WHAT OUTCOME TOOK',
      'TIME reserve, attempt 1 done 201 N ms',
      'TIME charge, attempt 1 done 201 N ms',
      'TIME ship, attempt 1 refused STATUS_409 N ms',
      'TIME turn back at ship STATUS_409',
      'TIME undo of charge, attempt 1 failed STATUS_500 N ms',
      'TIME undo of charge, attempt 2 failed STATUS_500 N ms',
      'TIME undo of charge, attempt 3 failed STATUS_500 N ms',
      '',
      'kept answers:',
      ' reserve {"id":1,"warehouse":"north"}',
      ' charge {"id":2,"warehouse":"north","n":12345}',
    ]);
    const json = await portico('show', id, '--json');
    expect(JSON.parse(json.out.join('\n'))).toMatchObject({ id, status: 'stuck' });

    const order = ['--step', 'charge', '--reason', 'payments is back'];
    const wrong = await portico('retry', id, ...order, '--run', '2');
    expect([wrong.code, wrong.out]).toEqual([1, []]);
    expect(wrong.err.join()).toMatch(/answered 409: that was run 2: it is stuck in run 1$/);
    ledger.fault = () => undefined;
    const retried = await portico('retry', id, ...order, '--run', '1');
    expect([retried.code, retried.err]).toEqual([0, []]);
    expect((await shared.shop.ended(id)).status).toBe('failed');
    const after = plain((await portico('show', id)).out);
    expect(after).toContain('TIME retry of charge by 127.0.0.1: payments is back');
    expect(after).toContain('TIME undo of charge, attempt 4 done 201 N ms');
  });

  test('skips, and cancels', async () => {
    const id = await stuck();
    const skipped = await portico('skip', id, '--step', 'charge', '--reason', 'by hand', '--json');
    expect(JSON.parse(skipped.out.join('\n'))).toMatchObject({ id, run: 2 });
    expect((await shared.shop.ended(id)).status).toBe('failed');
    ledger.clear();
    const called = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<undefined>();
    ledger.fault = ({ path }) => {
      if (path !== '/payments') return undefined;
      called.resolve();
      return goOn.promise;
    };
    const next = ((await (await shared.shop.start(ORDER)).json()) as Resource).id;
    await called.promise;
    const cancelled = await portico('cancel', next, '--reason', 'wrong price');
    expect(plain(cancelled.out)).toContain('cancel requested, by 127.0.0.1: wrong price');
    goOn.resolve(undefined);
    expect(await shared.shop.ended(next)).toMatchObject({ failureReason: 'cancelled' });
    expect((await portico('cancel', next, '--reason', 'again')).code).toBe(1);
  });

  test('goes from page to page', async () => {
    for (let i = 0; i < 2; i += 1) await shared.shop.ended(await stuck());
    const first = await portico('list', '--limit', '1');
    const after = /--after (\S+)/.exec(first.out.join('\n'))![1]!;
    const second = await portico('list', '--limit', '1', '--after', after);
    const [one, other] = [first, second].map(({ out }) => out.join('\n').match(ID));
    expect([one, other]).toEqual([[expect.any(String)], [expect.any(String)]]);
    expect(other).not.toEqual(one);
  });

  test('is refused without the token', async () => {
    const { code, err } = await run([
      'operations',
      'list',
      '--admin',
      shared.shop.gateway.gateway.adminUrl!,
    ]);
    expect(code).toBe(1);
    expect(err.join()).toContain('send the admin token');
  });
});

test.each([
  [['list', '--status', 'odd'], "'odd' is invalid"],
  [['list', '--limit', '0'], 'a number from 1 to 100'],
  [['retry', 'x', '--reason', 'r'], '--step'],
  [['retry', 'x', '--step', 'charge'], '--reason'],
  [['retry', 'x', '--step', 'charge', '--reason', 'r', '--run', '0'], 'a number such as 1'],
  [['cancel', 'x'], '--reason'],
  [['show'], 'id'],
])('portico operations %j ends with 2', async (args, why) => {
  const { code, err } = await run(['operations', ...args]);
  expect([code, err.join()]).toEqual([2, expect.stringContaining(why)]);
});

test('without a store it says so', async () => {
  const { gateway } = await startGateway({ config: { admin: { port: 0 }, routes: {} } });
  const { code, err } = await run(['operations', 'list', '--admin', gateway.adminUrl!]);
  expect([code, err.join()]).toEqual([
    1,
    expect.stringContaining('there are no operations: the config has no store'),
  ]);
});
