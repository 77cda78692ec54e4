/** Files on their way through, and what the browser is to remember. */
import { Readable } from 'node:stream';
import {
  chooseLanguage,
  defineBff,
  ProblemError,
  partStatus,
  readCookie,
  setCookie,
  streamBody,
  z,
} from 'portico';

const OrderParams = z.object({ id: z.string().regex(/^\d{1,12}$/) });
const UserParams = z.object({ id: z.string().regex(/^u\d{1,6}$/) });
const Greeting = z.object({ text: z.string(), visits: z.int() });
const HELLO = { en: 'Welcome', de: 'Willkommen' };

export default defineBff({ upstreams: ['orders', 'users'] }, (app) => {
  app.addContentTypeParser(/^image\//, streamBody);

  app.get(
    '/orders/:id/invoice',
    { schema: { params: OrderParams, response: { 200: z.string() } } },
    async (request, reply) => {
      const { orders } = request.upstreams;
      const invoice = await orders.open('/orders/{id}/invoice', { path: request.params });
      return invoice.sendTo(reply);
    },
  );

  app.put(
    '/users/:id/avatar',
    { schema: { params: UserParams, body: z.instanceof(Readable), response: { 204: z.null() } } },
    async (request, reply) => {
      const { users } = request.upstreams;
      try {
        await users.put('/users/{id}/avatar', { path: request.params, body: request.body });
      } catch (error) {
        if (partStatus(error) !== 415) throw error;
        throw new ProblemError({
          status: 415,
          type: 'https://shop.example/problems/picture',
          title: 'Not a picture that we can show',
          detail: 'use PNG, JPEG or WebP',
        });
      }
      reply.code(204);
      return null;
    },
  );

  app.get('/greeting', { schema: { response: { 200: Greeting } } }, (request, reply) => {
    const language = chooseLanguage(request, reply, ['en', 'de']);
    const visits = Number(readCookie(request, 'visits') ?? 0) + 1;
    setCookie(reply, 'visits', String(visits), { maxAge: '30d' });
    return { text: HELLO[language], visits };
  });
});
