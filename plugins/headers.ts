/**
 * Sets, adds and removes header fields, in requests to upstreams and in responses to clients. The values of requests may be filled
 * from the client's request.
 */
import {
  definePlugin,
  type FieldTemplate,
  fieldName,
  fieldTemplate,
  fieldTemplateFaults,
  fieldValue,
  isFieldTemplate,
  type KnownNames,
  type OptionFault,
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

const editSchema = (values: string) =>
  z.strictObject({
    set: z.record(name(), fieldValue()).default({}).describe(`Replaces the field.${values}`),
    add: z.record(name(), fieldValue()).default({}).describe(`Adds to the field.${values}`),
    remove: z.array(name()).default([]).describe('Removes the field; done before `set` and `add`.'),
  });

const FILLED =
  ' `{claim.sub}`, `{consumer.id}`, `{client.address}`, `{request.version}`, `{id}` (of the path), `{query.q}` and `{header.x}` are filled from the request; without the value there is no field.';

type Edits = z.output<ReturnType<typeof editSchema>>;
type Values = Record<string, string | string[]>;

export default definePlugin({
  name: 'headers',
  settings: z.strictObject({}),
  options: z
    .strictObject({
      request: editSchema(FILLED)
        .optional()
        .describe('In requests to every upstream that the route calls.'),
      response: editSchema('').optional().describe('In the response to the client.'),
    })
    .describe('Header fields to set, add and remove.'),
  // A field that one route vouches for must not come from a client by another route. Names without
  // `x-` have a meaning for clients too.
  owns: (_settings, options) =>
    options
      .flatMap(({ request }) => Object.keys(request?.set ?? {}))
      .filter((field) => field.startsWith('x-')),
  document: ({ response: edits }) =>
    edits === undefined
      ? {}
      : {
          withoutHeaders: edits.remove.map((field) => field.toLowerCase()),
          headers: Object.fromEntries(
            Object.keys({ ...edits.set, ...edits.add }).map((field) => [
              field,
              { description: 'Set by the gateway.' },
            ]),
          ),
        },
  check: ({ request }, _settings, others, known) =>
    request === undefined ? [] : checkTemplates(request, others, known),
  register: () => ({
    route: ({ request, response }) => ({
      ...(request && { policy: () => editing(request), isPure: true }),
      ...(response && {
        onResponse: (_request: unknown, { headers }: ResponseHead) => edit(headers, response),
      }),
    }),
  }),
});

function* checkTemplates(
  request: Edits,
  others: ReadonlyMap<string, unknown>,
  known: KnownNames,
): Generator<OptionFault> {
  for (const key of ['set', 'add'] as const) {
    for (const [field, text] of Object.entries(request[key])) {
      if (!isFieldTemplate(text)) continue;
      for (const message of fieldTemplateFaults(text, others, known)) {
        yield { path: ['request', key, field], message };
      }
    }
  }
}

function editing(written: Edits): Policy {
  const fill = filling(written);
  return fill === undefined
    ? (next) => (request) => next(edited(request, written))
    : (next) => (request) => next(edited(request, fill(request)));
}

/** Makes the edits for one request; `undefined` if nothing in them is to be filled. */
function filling(written: Edits): ((request: UpstreamRequest) => Edits) | undefined {
  const [set, add] = [templatesIn(written.set), templatesIn(written.add)];
  if (set.length + add.length === 0) return undefined;
  // What the client has sent must not stand where a value is missing.
  const remove = [...written.remove, ...set.map(([field]) => field)];
  return (request) => ({
    set: filled(written.set, set, request),
    add: filled(written.add, add, request),
    remove,
  });
}

type Templates = readonly (readonly [field: string, template: FieldTemplate])[];

const templatesIn = (values: Edits['set']): Templates =>
  Object.entries(values).flatMap(([field, text]) =>
    isFieldTemplate(text) ? [[field, fieldTemplate(text)] as const] : [],
  );

/** @throws GW_REQUEST_INVALID for a value that no field can hold */
function filled(values: Edits['set'], templates: Templates, request: UpstreamRequest) {
  const known = { ...values };
  for (const [field, template] of templates) {
    const value = template(request);
    if (value === undefined) delete known[field];
    else known[field] = value;
  }
  return known;
}

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
