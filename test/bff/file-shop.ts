/** A BFF that passes files on, over a real upstream. */
import type { RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { defineBff, partStatus, streamBody, z } from '../../src/index.ts';
import { testGateway } from '../../src/testing.ts';
import { startUpstream } from '../helpers/upstream.ts';

const Path = z.object({ name: z.string() });
const Params = { schema: { params: Path, response: { 200: z.string() } } };

export const bff = defineBff({ upstreams: ['files'] }, (app) => {
  app.addContentTypeParser(/^image\//, streamBody);
  app.get('/files/:name', Params, async (request, reply) => {
    const file = await request.upstreams.files.open('/{name}', {
      path: request.params,
      timeout: '2s',
      conditional: true,
    });
    return file.sendTo(reply, { fields: ['X-Version'] });
  });
  app.get('/whole/:name', Params, async (request) => {
    const file = await request.upstreams.files.open('/{name}', { path: request.params });
    return (await file.bytes(10)).toString();
  });
  app.get('/unread/:name', Params, async (request) => {
    const { status } = await request.upstreams.files.open('/{name}', { path: request.params });
    return `status ${status}`;
  });
  app.put(
    '/files/:name',
    { schema: { params: Path, body: z.instanceof(Readable), response: { 200: z.string() } } },
    async ({ params, body, upstreams }) => {
      try {
        return await upstreams.files.put('/{name}', { path: params, body, schema: z.string() });
      } catch (error) {
        if (partStatus(error) === undefined) throw error;
        return `refused with ${partStatus(error)}`;
      }
    },
  );
  app.post('/broken', { schema: { response: { 200: z.string() } } }, ({ upstreams }) => {
    const body = Readable.from(
      (async function* () {
        yield 'x'.repeat(100_000);
        await Promise.reject(new Error('no more'));
      })(),
    );
    return upstreams.files.post('/broken', { body, schema: z.string() });
  });
  app.post('/bytes', { schema: { response: { 200: z.string() } } }, ({ upstreams }) =>
    upstreams.files.post('/bytes', { body: Buffer.from([1, 2, 3]), schema: z.string() }),
  );
});

export async function fileShop(listener: RequestListener, route: Record<string, unknown> = {}) {
  const upstream = await startUpstream(listener);
  const gateway = await testGateway({
    bff,
    route,
    config: { upstreams: { files: { targets: [upstream.url] } } },
  });
  onTestFinished(() => gateway.close());
  return { ...gateway, upstream };
}
