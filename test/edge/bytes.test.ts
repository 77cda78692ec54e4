import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { testGateway } from '../../src/testing.ts';

/** Every byte value, and invalid UTF-8. */
const BYTES = Buffer.from(Array.from({ length: 1_024 }, (_, i) => (i * 7) % 256));

test.each([
  ['small, its length told', 1, true],
  ['small, in chunks', 1, false],
  ['larger than what is sent as text', 64, true],
])('an answer of any bytes arrives unchanged: %s', async (_name, times, tellsLength) => {
  const body = Buffer.concat(Array.from({ length: times }, () => BYTES));
  const upstream = createServer((_request, response) => {
    if (tellsLength) response.setHeader('content-length', body.length);
    response.write(body.subarray(0, 10));
    response.end(body.subarray(10));
  });
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
  const { port } = upstream.address() as AddressInfo;
  const gateway = await testGateway({
    config: {
      upstreams: { files: { targets: [`http://127.0.0.1:${port}`] } },
      routes: { files: { match: { path: '/*' }, upstream: 'files' } },
    },
  });
  onTestFinished(async () => {
    await gateway.close();
    upstream.close();
  });

  const response = await gateway.fetch('/file');

  expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
});
