/** What a client of gRPC sees through the gateway is what it sees directly, field for field. */
import { describe, expect, test } from 'vitest';
import { type Row, STREAMING, UNARY } from './support/table.ts';
import { direct, through, type Transport } from './support/ways.ts';

const TRANSPORTS: readonly Transport[] = ['tls', 'h2c'];

describe.each(TRANSPORTS)('over %s', (transport) => {
  const isSame = async (_name: string, { handlers, options, run }: Row): Promise<void> => {
    const expected = await run(await direct(handlers, transport, options));
    const got = await run(await through(handlers, transport, options));
    expect(got).toEqual(expected);
  };

  test.each(Object.entries(UNARY))('a call of one message: %s', isSame);
  test.each(Object.entries(STREAMING))('a stream: %s', isSame);
});
