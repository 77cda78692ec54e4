/** The account: who the customer is, and a picture of them. */
import { Readable } from 'node:stream';
import { GatewayError, partStatus, ProblemError, streamBody, z } from 'portico';
import { Address, type App, User } from './services.ts';

export const AccountPage = z.object({
  name: z.string(),
  email: z.string(),
  tier: z.string(),
  since: z.string(),
  address: Address,
  picture: z.string(),
  orders: z.string(),
});

export function addAccount(app: App): void {
  app.addContentTypeParser(/^image\//, streamBody);

  app.get('/account', { schema: { response: { 200: AccountPage } } }, async (request) => {
    const path = { id: request.consumer?.id ?? '' };
    const user = await request.upstreams.users.get('/users/{id}', { path, schema: User });
    return { ...user, picture: '/web/account/picture', orders: '/web/orders' };
  });

  app.get(
    '/account/picture',
    { schema: { response: { 200: z.string() } } },
    async (request, reply) => {
      const path = { id: request.consumer?.id ?? '' };
      const picture = await request.upstreams.users.open('/users/{id}/avatar', {
        path,
        conditional: true,
      });
      return picture.sendTo(reply);
    },
  );

  app.put(
    '/account/picture',
    {
      schema: {
        body: z.instanceof(Readable),
        response: { 204: z.null() },
        problems: { 415: 'Not a picture that the shop can show.' },
      },
    },
    async (request, reply) => {
      const path = { id: request.consumer?.id ?? '' };
      try {
        await request.upstreams.users.put('/users/{id}/avatar', { path, body: request.body });
      } catch (error) {
        const status = partStatus(error);
        if (status === 413) {
          throw new GatewayError('GW_BODY_TOO_LARGE', 'a picture has at most 512 KiB');
        }
        if (status !== 415) throw error;
        throw new ProblemError({
          status: 415,
          type: 'https://shop.example/problems/picture',
          title: 'Not a picture that the shop can show',
          detail: 'use PNG, JPEG or WebP',
          cause: error,
        });
      }
      reply.code(204);
      return null;
    },
  );
}
