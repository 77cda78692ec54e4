/** Operations of which only the path is known, and how they are answered. */
import type { ApiBody, ApiResponse } from '../config/openapi/model.ts';
import { type ClientPath, methodsOf, templateOf } from './client-path.ts';
import { type Operation, REQUEST_ERRORS, response } from './operation.ts';

interface Answers {
  /** Absent: anything. */
  readonly responses?: Readonly<Record<string, ApiResponse>>;
  readonly errors?: Operation['errors'];
}

const ANY_BODY: ApiBody = { isRequired: false, content: { '*/*': { schema: {} } } };
const ANY: Operation['responses'] = {
  default: response('Whatever the service answers.', { '*/*': { schema: {} } }),
};
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/** One for each method of `client`. */
export function freeForm(
  client: ClientPath,
  { responses = ANY, errors = REQUEST_ERRORS }: Answers = {},
): Operation[] {
  const { path, parameters } = templateOf(client);
  const takesBody = responses === ANY;
  return methodsOf(client).map((method) => ({
    method,
    path,
    isOpen: client.isOpen,
    isFree: true,
    isDeprecated: false,
    parameters: [...parameters, ...client.conditions],
    ...(takesBody && !WITHOUT_BODY.has(method) && { body: ANY_BODY }),
    responses,
    errors,
  }));
}
