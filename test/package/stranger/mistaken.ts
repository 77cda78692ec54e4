/** Mistakes that the types refuse: each line says so, and a line that is fine would be an error itself. */
import { defineBff, definePlugin, z } from 'portico';
import { testGateway } from 'portico/testing';

const Answer = z.strictObject({ text: z.string() });
const schema = { response: { 200: Answer } };

export const bff = defineBff({ upstreams: ['catalog'] }, (app) => {
  app.get('/upstream', { schema }, async (request) => {
    // @ts-expect-error -- the BFF has no upstream of that name
    const { catlog } = request.upstreams;
    return request.run<{ text: string }>(catlog as never);
  });
  app.get('/part', { schema }, (request) =>
    // @ts-expect-error -- it is "timeout"
    request.upstreams.catalog.get<{ text: string }>('/', { timout: '1s' }),
  );
  // @ts-expect-error -- it is "querystring"
  app.get('/schema', { schema: { ...schema, query: Answer } }, async () => ({ text: '' }));
  // @ts-expect-error -- every endpoint has a response schema
  app.get('/none', { schema: { params: Answer } }, async () => ({ text: '' }));
  // @ts-expect-error -- it is "config"
  app.get('/option', { schema, confg: {} }, async () => ({ text: '' }));
  // @ts-expect-error -- the answer does not fit its schema
  app.get('/answer', { schema }, async () => ({ txet: '' }));
  // @ts-expect-error -- it is "onRequest"
  app.addHook('onRequst', async () => {});
});

// @ts-expect-error -- it is "upstreams"
defineBff({ upstrems: ['catalog'] }, () => {});

definePlugin({
  name: 'hook',
  settings: z.strictObject({}),
  options: z.strictObject({ text: z.string() }),
  register: () => ({
    // @ts-expect-error -- it is "onRequest": nothing is known about the parameter of an unknown hook
    route: () => ({ phase: 'request', onRequst: (request) => void request }),
  }),
});

definePlugin({
  name: 'bareHook',
  settings: z.strictObject({}),
  options: z.strictObject({}),
  // @ts-expect-error -- it is "onRequest", which a set with a phase needs
  register: () => ({ route: () => ({ phase: 'request', onRequst() {} }) }),
});

definePlugin({
  name: 'onlyHook',
  settings: z.strictObject({}),
  options: z.strictObject({}),
  // @ts-expect-error -- it is "onResponse"
  register: () => ({ route: () => ({ onRespnse() {} }) }),
});

definePlugin({
  name: 'phase',
  settings: z.strictObject({}),
  options: z.strictObject({}),
  // @ts-expect-error -- there is no such phase
  register: () => ({ route: () => ({ phase: 'requests', onRequest() {} }) }),
});

definePlugin({
  name: 'option',
  settings: z.strictObject({ header: z.string() }),
  options: z.strictObject({ text: z.string() }),
  register: ({ header }) => ({
    // @ts-expect-error -- the options have no such member
    route: ({ txet }) => ({ onResponse: (_, head) => (head.headers[header] = txet) }),
  }),
});

definePlugin({
  name: 'key',
  settings: z.strictObject({}),
  options: z.strictObject({}),
  // @ts-expect-error -- it is "identifies"
  identfies: true,
  register: () => ({ route: () => undefined }),
});

// @ts-expect-error -- the BFF has no upstream of that name
export const fakes = testGateway({ bff, upstreams: { catlog: () => ({}) } });
// @ts-expect-error -- it is "body"
export const answer = testGateway({ bff, upstreams: { catalog: () => ({ boddy: '' }) } });
