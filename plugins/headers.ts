/** Sets, adds and removes header fields, in requests to upstreams and in responses to clients. */
import {
  definePlugin,
  fieldName,
  fieldValue,
  type Policy,
  type ResponseHead,
  type UpstreamRequest,
  z,
} from 'portico';

/** Framing and connection are the gateway's own. */
const UNTOUCHABLE =
  /^(connection|content-length|expect|host|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/;

const name = () =>
  fieldName().refine(
    (text) => !UNTOUCHABLE.test(text),
    'is a connection field: the gateway sets it',
  );

const Edits = z.strictObject({
  set: z.record(name(), fieldValue()).default({}).describe('Replaces the field.'),
  add: z.record(name(), fieldValue()).default({}).describe('Adds to the field.'),
  remove: z.array(name()).default([]).describe('Removes the field; done before `set` and `add`.'),
});
type Edits = z.output<typeof Edits>;
type Values = Record<string, string | string[]>;

export default definePlugin({
  name: 'headers',
  settings: z.strictObject({}),
  options: z
    .strictObject({
      request: Edits.optional().describe('In requests to every upstream that the route calls.'),
      response: Edits.optional().describe('In the response to the client.'),
    })
    .describe('Header fields to set, add and remove.'),
  // A field that one route vouches for must not come from a client by another route. Names without
  // `x-` have a meaning for clients too.
  owns: (_settings, options) =>
    options
      .flatMap(({ request }) => Object.keys(request?.set ?? {}))
      .filter((field) => field.startsWith('x-')),
  register: () => ({
    route: ({ request, response }) => ({
      ...(request && { policy: () => editing(request), isPure: true }),
      ...(response && {
        onResponse: (_request: unknown, { headers }: ResponseHead) => edit(headers, response),
      }),
    }),
  }),
});

const editing =
  (edits: Edits): Policy =>
  (next) =>
  (request) =>
    next(edited(request, edits));

function edited(request: UpstreamRequest, edits: Edits): UpstreamRequest {
  const headers = { ...request.headers } as Values;
  edit(headers, edits);
  return { ...request, headers };
}

function edit(headers: Values, { set, add, remove }: Edits): void {
  for (const field of remove) delete headers[field];
  for (const [field, value] of Object.entries(set)) headers[field] = value;
  for (const [field, value] of Object.entries(add)) {
    const known = headers[field];
    if (known === undefined) headers[field] = value;
    else
      headers[field] =
        field === 'set-cookie' ? [known, value].flat() : [known, value].flat().join(', ');
  }
}
