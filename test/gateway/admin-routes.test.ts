import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AdminRoutes } from '../../src/assembly/admin-routes.ts';
import { GatewayError } from '../../src/core/errors.ts';

const Body = z.strictObject({ n: z.number() });

describe('a POST to a plugin on the admin port', () => {
  test('is parsed before they see it, and answered with what they return', async () => {
    const routes = new AdminRoutes();
    routes.post('/double', Body, ({ n }) => ({ n: 2 * n }));
    expect(await routes.at('/double')?.({ n: 4 })).toEqual({ status: 200, body: { n: 8 } });
    expect(await routes.at('/double')?.({ n: 'x' })).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/^n: /) },
    });
    expect(routes.at('/half')).toBeUndefined();
  });

  test('may be refused with a GatewayError; any other throw is a bug', async () => {
    const routes = new AdminRoutes();
    routes.post('/full', Body, () => {
      throw new GatewayError('GW_OVERLOADED', 'full');
    });
    routes.post('/bug', Body, () => {
      throw new TypeError('secret');
    });
    expect(await routes.at('/full')?.({ n: 1 })).toEqual({ status: 503, body: { error: 'full' } });
    await expect(routes.at('/bug')?.({ n: 1 })).rejects.toThrow(TypeError);
  });

  test.each(['/revocations', 'nothing', '/', '/../x', '/A', '/*', '/x?y'])(
    'cannot have a path that is taken or invalid: %s',
    (path) => {
      const routes = new AdminRoutes();
      routes.post('/revocations', Body, () => undefined);
      expect(() => routes.post(path, Body, () => undefined)).toThrow(TypeError);
    },
  );
});
