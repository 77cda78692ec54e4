import { request } from 'node:http';
import { expect, test } from 'vitest';
import { SERVED_METHODS } from '../../src/edge/methods.ts';
import { forwardTo, startGateway } from './support/gateway.ts';

/** The status and `x-method` of the answer. */
const ask = (url: string, method: string): Promise<readonly unknown[]> =>
  new Promise((resolve, reject) => {
    request(url, { method }, (response) => {
      response.resume();
      resolve([response.statusCode, response.headers['x-method']]);
    })
      .on('error', reject)
      .end();
  });

test('every served method reaches its route and upstream unchanged', async () => {
  const { url } = await startGateway({
    config: { upstreams: { up: {} }, routes: { all: forwardTo('/*') } },
    upstreams: { up: ({ method }) => ({ headers: { 'x-method': method } }) },
  });
  for (const method of SERVED_METHODS) {
    expect([method, await ask(`${url}/x`, method)]).toEqual([method, [200, method]]);
  }
});
