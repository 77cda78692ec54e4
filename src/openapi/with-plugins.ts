/** An operation with what the plugins of its route add. */
import type { ApiBody, ApiContent, ApiParameter } from '../config/openapi/model.ts';
import { mapValues } from './named-documents.ts';
import { type Operation, response } from './operation.ts';
import { parameter } from './client-path.ts';
import { requiredBody, requiredParameters } from './plugin-requests.ts';
import type { DocumentedHeader, DocumentedScheme, PluginDocument } from './plugin-document.ts';

/** What one plugin adds, and whether it admits no anonymous client. */
export interface PluginAddition extends PluginDocument {
  readonly insists: boolean;
}

export interface PluggedOperation extends Operation {
  /** Absent: nobody has to authenticate, or the route does not say. */
  readonly security: PluginDocument['security'];
  /** Fields of every answer. */
  readonly added: Readonly<Record<string, DocumentedHeader>>;
}

export function withPlugins(
  operation: Operation,
  plugins: readonly PluginAddition[],
): PluggedOperation {
  const isChanged = (part: 'request' | 'response'): boolean =>
    plugins.some(({ changesBodies }) => changesBodies?.[part] === true);
  const requests = plugins.flatMap(({ request = [] }) => request);
  const opened =
    operation.body && isChanged('request') ? openedBody(operation.body) : operation.body;
  const body = requests.reduce((now, each) => requiredBody(now, each, operation.method), opened);
  const hidden = new Set(plugins.flatMap(({ withoutHeaders = [] }) => withoutHeaders));
  const parameters = plugins.flatMap(({ parameters: more = [] }) => more);
  const schemes = new Set(
    plugins.flatMap(({ security = [] }) => security.flat().map(credentialOf)),
  );
  return {
    ...operation,
    isDeprecated:
      operation.isDeprecated || plugins.some(({ isDeprecated }) => isDeprecated === true),
    parameters: requests.reduce<readonly ApiParameter[]>(requiredParameters, [
      // What a plugin takes as a credential is told by its scheme.
      ...operation.parameters.filter(({ in: place, name }) => !schemes.has(keyOf(place, name))),
      ...parameters
        .filter(
          (each) =>
            !operation.parameters.some(
              ({ in: place, name }) => place === each.in && name === each.name,
            ),
        )
        .map(({ in: place, name, description, required = false, schema = { type: 'string' } }) => ({
          ...parameter(place, name, schema, required),
          ...(description !== undefined && { description }),
        })),
    ]),
    ...(body && { body }),
    responses: answers(operation, plugins, hidden, isChanged('response')),
    errors: [...operation.errors, ...plugins.flatMap(({ errors = [] }) => errors)],
    security: securityOf(plugins),
    added: Object.assign(
      {},
      ...plugins.map(({ headers = {} }) => headers),
    ) as PluggedOperation['added'],
  };
}

function answers(
  { responses }: Operation,
  plugins: readonly PluginDocument[],
  hidden: ReadonlySet<string>,
  isChanged: boolean,
): Operation['responses'] {
  const own = mapValues(responses, (each) => ({
    ...each,
    headers: Object.fromEntries(
      Object.entries(each.headers).filter(([name]) => !hidden.has(name.toLowerCase())),
    ),
    content: isChanged ? openedContent(each.content) : each.content,
  }));
  for (const { responses: more = {} } of plugins) {
    for (const [status, { description, headers = {} }] of Object.entries(more)) {
      if (own[status] !== undefined) continue;
      const fields = mapValues(headers, ({ description: text, schema = { type: 'string' } }) => ({
        description: text,
        isRequired: false,
        schema,
      }));
      own[status] = response(description, {}, fields);
    }
  }
  return own;
}

/** Of the same types, with anything in them. */
const openedContent = (content: ApiContent): ApiContent =>
  mapValues(content, ({ schema }, type) => ({ schema: /[/+]json$/.test(type) ? {} : schema }));

const openedBody = (body: ApiBody): ApiBody => ({ ...body, content: openedContent(body.content) });

type Choice = readonly DocumentedScheme[];

/** Each plugin wants one of its own; of those that want none, any may be given, or must where one insists. */
function securityOf(plugins: readonly PluginAddition[]): readonly Choice[] | undefined {
  const wanted = plugins.flatMap(({ security }) => (security === undefined ? [] : [security]));
  if (wanted.length === 0) return undefined;
  const isOptional = (choices: readonly Choice[]): boolean =>
    choices.some((choice) => choice.length === 0);
  const needed = wanted
    .filter((choices) => !isOptional(choices))
    .reduce<readonly Choice[]>(
      (all, choices) => all.flatMap((one) => choices.map((choice) => [...one, ...choice])),
      [[]],
    );
  const others = wanted.filter(isOptional).flatMap((choices) => choices.filter(isSome));
  const hasNeeded = needed.some(isSome);
  const isInsisted = plugins.some(({ insists }) => insists);
  if (hasNeeded) return needed;
  return isInsisted && others.length > 0 ? others : [...others, []];
}

const isSome = (choice: Choice): boolean => choice.length > 0;

const keyOf = (place: unknown, name: unknown): string =>
  `${String(place)} ${String(name).toLowerCase()}`;

const credentialOf = ({ scheme }: DocumentedScheme): string => keyOf(scheme['in'], scheme['name']);
