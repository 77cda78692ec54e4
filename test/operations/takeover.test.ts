import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { describePostgres, postgresServer, type PostgresServer } from '../helpers/postgres.ts';
import { quietPort } from '../helpers/quiet-port.ts';
import { configOf, type Resource, Shop } from './gateways.ts';
import { Ledger, ORDER } from './shop.ts';

const PLUGIN = resolve('test/operations/who.ts');

/** A gateway as a process of its own, which can be killed. */
class GatewayProcess extends Shop {
  readonly process: ChildProcess;

  constructor(port: number, file: string) {
    super(`http://127.0.0.1:${port}`);
    this.process = spawn(process.execPath, ['src/main.ts', 'start', '--config', file], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NO_COLOR: '1' },
    });
  }

  static async start(store: object, url: string): Promise<GatewayProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'portico-takeover-'));
    const port = await quietPort();
    const file = join(folder, 'gateway.config.yaml');
    const config = {
      version: 1,
      server: { host: '127.0.0.1', port, shutdown: { grace: '5s' } },
      admin: false,
      telemetry: { logs: { level: 'silent' } },
      plugins: { who: { module: PLUGIN } },
      ...configOf({ store: { heartbeat: '200ms', dead: '1s', ...store }, url }),
    };
    writeFileSync(file, JSON.stringify(config));
    const gateway = new GatewayProcess(port, file);
    onTestFinished(async () => {
      await gateway.end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    });
    await gateway.untilOpen();
    return gateway;
  }

  /** @returns the exit code; `null` if it was killed */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const { process: own } = this;
    if (own.exitCode === null && own.signalCode === null) {
      const exit = once(own, 'exit');
      own.kill(signal);
      await exit;
    }
    return own.exitCode;
  }
}

/** Processes start slowly on a busy machine. */
const PATIENCE = { timeout: 90_000 };

describePostgres('of two gateways on one store', PATIENCE, () => {
  let postgres: PostgresServer;
  const ledger = new Ledger();
  beforeAll(async () => {
    postgres = await postgresServer();
    await ledger.listen();
  });
  beforeEach(() => ledger.clear());
  afterAll(async () => {
    ledger.close();
    await postgres.kill();
    postgres.remove();
  });

  const both = async (database: string) => {
    const store = { postgres: postgres.database(database) };
    const [one, other] = await Promise.all([
      GatewayProcess.start(store, ledger.url),
      GatewayProcess.start(store, ledger.url),
    ]);
    return { one, other };
  };
  /** An operation that `one` has got as far as the charge with. */
  const charging = async (one: Shop) => {
    const charged = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<undefined>();
    ledger.fault = ({ path }) => {
      if (path !== '/payments') return undefined;
      charged.resolve();
      return goOn.promise;
    };
    const { id } = (await (await one.start(ORDER)).json()) as Resource;
    await charged.promise;
    return { id, goOn };
  };

  test('the other goes on with what a killed one has begun, each effect once', async () => {
    const { one, other } = await both('killed');
    const { id, goOn } = await charging(one);
    expect(await other.read(id)).toMatchObject({ status: 'running', currentStepIndex: 1 });
    await one.end('SIGKILL');
    goOn.resolve(undefined);
    expect(await other.ended(id)).toMatchObject({ status: 'completed' });
    expect(ledger.effects).toEqual([
      'POST /reservations',
      'POST /payments',
      'POST /shipments/north?order=o1',
      'POST /orders/o1/confirm',
    ]);
  });

  test('one key is one operation; and one that stops finishes its call, and leaves the rest at once', async () => {
    const { one, other } = await both('stopped');
    const headers = { 'idempotency-key': 'same' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? one : other).start(ORDER, headers)),
    );
    // A key is one operation, whoever is asked.
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const started = (await Promise.all(answers.map((each) => each.json()))) as Resource[];
    expect(new Set(started.map((each) => each.id)).size).toBe(1);
    expect(await other.ended(started[0]!.id)).toMatchObject({ status: 'completed' });
    expect(ledger.effects).toHaveLength(4);
    ledger.clear();
    const { id, goOn } = await charging(one);
    const ended = one.end('SIGTERM');
    await delay(300);
    goOn.resolve(undefined);
    expect(await ended).toBe(0);
    expect(await other.ended(id)).toMatchObject({ status: 'completed' });
    // The charge was recorded, and not made again.
    expect(ledger.calls.filter(({ path }) => path === '/payments')).toHaveLength(1);
  });
});
