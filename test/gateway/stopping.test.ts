import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { startGateway } from './support/gateway.ts';

const message = (line: string): string => (JSON.parse(line) as { readonly msg: string }).msg;

describe('the log', () => {
  test('says when the gateway begins to stop and when it has stopped', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
    const gateway = await startGateway({ log, config: { routes: {} } });
    await gateway.close();
    await gateway.close();
    expect(lines.map(message)).toEqual(['serving', 'stopping', 'stopped']);
  });
});
