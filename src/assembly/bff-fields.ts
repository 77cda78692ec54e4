/**
 * Endpoints of BFFs whose clients may name the fields they want: `?fields=id,similar(name)`. What the endpoint answers
 * is cut down to these, after its schema has cut it; `request.asksFor` tells the endpoint what it need not fetch.
 */
import type { FastifyRequest, onSendHookHandler, RouteOptions } from 'fastify';
import type { GatewayError } from '../core/errors.ts';
import { readJson } from '../core/json.ts';
import { queryValue } from '../routes/conditions.ts';
import { fieldOf } from '../routes/shape/field-tree.ts';
import { select } from '../routes/shape/pick.ts';
import { FIELDS, parseSelection, type Selection } from '../routes/shape/selection.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import type { FastifyHook } from './fastify-hook.ts';

const SELECTION: unique symbol = Symbol('portico.selection');
type WithSelection = FastifyRequest & { [SELECTION]?: Selection | undefined };

/** Adds the hooks of an endpoint that has `config.fields`. Call it before its schemas become those of the serialiser. */
export function chooseFields(options: RouteOptions): void {
  if (options.config?.fields !== true) return;
  options.preValidation = [readFields, ...[options.preValidation ?? []].flat()];
  options.onSend = [...[options.onSend ?? []].flat(), cutDown];
}

/** @throws GW_REQUEST_INVALID for what is no list of fields */
const readFields: FastifyHook = (request: WithSelection, _reply, done) => {
  try {
    const text = queryValue(exchangeOf(request.raw).query, FIELDS);
    if (text !== undefined) request[SELECTION] = parseSelection(text);
    done();
  } catch (error) {
    done(error as GatewayError);
  }
};

/** Does the client ask for the field at `path`, such as `similar` or `order.items`, or for something of it? */
export function asksFor(request: WithSelection, path: string): boolean {
  let selection = request[SELECTION];
  for (const name of path.split('.')) {
    if (selection === undefined || selection.end !== undefined) return true;
    selection = fieldOf(selection, name);
    if (selection === undefined) return false;
  }
  return true;
}

/** Errors are sent whole. */
const cutDown: onSendHookHandler = (request: WithSelection, reply, payload, done) => {
  const selection = request[SELECTION];
  const isCut = selection !== undefined && typeof payload === 'string' && reply.statusCode < 300;
  if (!isCut || !JSON_TYPE.test(String(reply.getHeader('content-type')))) {
    done(null, payload);
    return;
  }
  const { exact } = readJson(Buffer.from(payload));
  void reply.removeHeader('content-length');
  done(null, JSON.stringify(select(exact, selection) ?? null));
};

const JSON_TYPE = /^application\/(?:[^;\s]+\+)?json\s*(?:;|$)/i;
