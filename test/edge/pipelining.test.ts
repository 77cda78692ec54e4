import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open, parse, receive } from '../gateway/support/socket.ts';
import { startUpstream } from '../gateway/support/upstream.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;

describe('requests that are sent before the previous one is answered', () => {
  test('are answered in order', async () => {
    const origin = await startUpstream((request, response) => {
      const { url = '' } = request;
      setTimeout(() => response.end(url), url === '/slow' ? 80 : 0);
    });
    const { url } = await startGateway({
      config: { upstreams: { up: { targets: [origin] } }, routes: { all: forwardTo('/*') } },
    });
    const socket = await open(url);

    socket.write(get('/slow') + get('/none\\') + get('/quick'));
    const text = await receive(socket, (all) => all.endsWith('/quick'));

    const answers = text.split(/(?=HTTP\/1\.1 )/).map((each) => parse(each));
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 200]);
    expect([answers[0]?.body, answers[2]?.body]).toEqual(['/slow', '/quick']);
  });

  test('all end when their client leaves', async () => {
    const seen = { open: 0 };
    const origin = await startUpstream((_request, response) => {
      seen.open += 1;
      response.once('close', () => (seen.open -= 1));
    });
    const { url, gateway } = await startGateway({
      config: { upstreams: { up: { targets: [origin] } }, routes: { all: forwardTo('/*') } },
    });
    const socket = await open(url);
    socket.write(get('/1') + get('/2') + get('/3'));
    await expect.poll(() => seen.open).toBe(3);

    socket.destroy();

    await expect.poll(() => seen.open).toBe(0);
    await expect.poll(() => gateway.status().inflight).toBe(0);
    expect(gateway.status().upstreams[0]).toMatchObject({ slots: { used: 0 } });
  });
});
