/** The hook `convert` of plugins, on answers that go by the direct way and by Fastify's reply. */
import type { FastifyRequest } from 'fastify';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  Body,
  convertBody,
  definePlugin,
  GatewayError,
  holdBody,
  type PluginHooks,
  type ResponseHead,
  z,
} from '../../src/index.ts';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';
import { recordingLog } from './recording-log.ts';

/** Its hook makes answers go through Fastify's reply. */
const payload = fileURLToPath(new URL('./fixtures/payload.ts', import.meta.url));

const plugin = (convert: unknown) =>
  definePlugin({
    name: 'converting',
    settings: z.strictObject({}),
    options: z.strictObject({}),
    register: () => ({ route: () => ({ convert }) as PluginHooks }),
  });

describe.each([
  ['directly', {}],
  ['by Fastify', { payload: { module: payload } }],
])('an answer that goes out %s', (_how, plugins) => {
  async function answered(convert: unknown, method = 'GET') {
    const { log, lines } = recordingLog();
    const gateway = await startGateway({
      log,
      plugins: [plugin(convert)],
      config: { plugins },
      route: { converting: {} },
      upstreams: { up: () => ({ body: 'plain', headers: { 'content-length': '5' } }) },
    });
    const response = await gateway.fetch('/', { method });
    return { response, bug: () => lines().find(({ msg }) => msg === 'bug') };
  }

  test('gets the body and the head that a converter makes of it, even late', async () => {
    const { response } = await answered((_request: FastifyRequest, head: ResponseHead) => {
      delete head.headers['content-length'];
      return async (body: Body) => {
        const whole = await holdBody(body, 100).ready;
        head.status = 201;
        head.headers['x-length'] = String(whole.received);
        return convertBody(whole, {
          chunk: () => Buffer.from('other'),
          end: () => Buffer.from(' bytes'),
        });
      };
    });
    expect([response.status, response.headers.get('x-length')]).toEqual([201, '5']);
    expect(await response.text()).toBe('other bytes');
  });

  test('stays as it is where the converter leaves it alone', async () => {
    const { response } = await answered(() => undefined);
    expect([response.status, await response.text()]).toEqual([200, 'plain']);
  });

  test('may be replaced by none', async () => {
    const { response } = await answered((_request: FastifyRequest, head: ResponseHead) => {
      delete head.headers['content-length'];
      return (body: Body) => {
        body.destroy();
        head.status = 304;
        return Body.of('');
      };
    });
    expect([response.status, await response.text()]).toEqual([304, '']);
  });

  test('is refused by an error of the gateway', async () => {
    const { response } = await answered(() => () => {
      throw new GatewayError('GW_UPSTREAM_INVALID', 'not that');
    });
    expect([response.status, await codeOf(response)]).toEqual([502, 'GW_UPSTREAM_INVALID']);
  });

  test.each([
    ['returns no function', () => 'text', `it returned 'text': return what turns a body`],
    ['returns a promise', async () => undefined, 'it returned a promise: the head is sent at once'],
    ['makes no body', () => () => 'text', `its conversion gave 'text': it must give a Body`],
    [
      'fails',
      () => {
        throw new Error('mine');
      },
      'mine',
    ],
    [
      'fails late',
      () => async () => {
        throw new Error('mine');
      },
      'mine',
    ],
  ])(
    'is 500 where a converter %s, and the log names the plugin',
    async (_what, convert, message) => {
      const { response, bug } = await answered(convert);
      expect([response.status, await codeOf(response)]).toEqual([500, 'GW_INTERNAL']);
      expect(bug()).toMatchObject({ plugin: 'converting', hook: 'convert', route: 'test' });
      expect(bug()).toHaveProperty('err.message', expect.stringContaining(message));
    },
  );

  test('without a body has its head edited, and nothing else', async () => {
    const { response } = await answered((_request: FastifyRequest, head: ResponseHead) => {
      head.headers['x-seen'] = 'yes';
      return () => {
        throw new Error('never called');
      };
    }, 'HEAD');
    expect([response.status, response.headers.get('x-seen')]).toEqual([200, 'yes']);
  });
});
