/** Describes the request of a BFF part to its upstream. */
import type { FastifyRequest } from 'fastify';
import { encodeQueryValue, encodeSegment, encodeUnreserved } from '../core/canonical-path.ts';
import type { Clock } from '../core/clock.ts';
import { parseTemplate, renderTemplate, type Template } from '../config/schema/template.ts';
import { parseDuration } from '../config/schema/units.ts';
import { GatewayError } from '../core/errors.ts';
import type { MutableHeaders } from '../core/headers.ts';
import { isSafe } from '../core/json-number.ts';
import { ASKED_FOR, type PartRequest, partTime } from '../routes/part.ts';
import { JSON_ANSWER } from '../routes/part-answer.ts';
import { mustStayCanonical } from '../routes/rewrite.ts';
import type { UpstreamCall } from '../upstream/lease.ts';
import { partBody } from './part-body.ts';
import type { Described, Scalar } from './parts.ts';

/** Templates of one BFF, each parsed once. */
const MAX_TEMPLATES = 1_000;

/** Only streams have faults, and whoever sends one says what they end. */
const unexpected = (error: GatewayError): never => {
  throw error;
};

/** For the parts of one mounted BFF. */
export class PartDescriber {
  readonly #clock: Clock;
  readonly #templates = new Map<string, Template>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws GW_REQUEST_INVALID, GW_UPSTREAM_INVALID when a value does not fit where it is put */
  describe<T>(
    request: FastifyRequest,
    name: string,
    part: Described<T>,
    call: UpstreamCall,
    onFault: (error: GatewayError) => void = unexpected,
  ): PartRequest {
    const { options, upstream, method } = part;
    const headers: MutableHeaders = { ...ASKED_FOR };
    const language = request.headers['accept-language'];
    if (language !== undefined) headers['accept-language'] = language;
    for (const [key, value] of Object.entries(options.headers ?? {})) {
      headers[key.toLowerCase()] = value;
    }
    const sending = { clock: this.#clock, call, onFault };
    const body = partBody(options.body, headers, request, sending);
    return {
      name,
      upstream,
      method,
      path: this.#path(request, part.template, options.path ?? {}),
      query: queryString(request, options.query ?? {}),
      headers,
      body,
      time: partTime(
        options.timeout === undefined ? undefined : parseDuration(options.timeout),
        call.deadlineMs,
        this.#clock,
      ),
      maxBodyBytes: options.maxBodyBytes ?? 1_048_576,
      answer: JSON_ANSWER,
    };
  }

  #path(request: FastifyRequest, text: string, values: Readonly<Record<string, Scalar>>): string {
    let template = this.#templates.get(text);
    if (template === undefined) {
      template = parseTemplate(text);
      // Code that puts values into the template text itself must not fill the memory.
      if (this.#templates.size < MAX_TEMPLATES) this.#templates.set(text, template);
    }
    const path = renderTemplate(template, (reference) => {
      const value = values[reference.text];
      if (value === undefined) throw new TypeError(`no value for {${reference.text}} of ${text}`);
      return encoded(request, reference.text, encodeSegment, value);
    });
    return mustStayCanonical(path, () =>
      renderTemplate(template, ({ text: name }) =>
        isOfClient(request, String(values[name])) ? encodeSegment(String(values[name])) : 'x',
      ),
    );
  }
}

function queryString(
  request: FastifyRequest,
  values: Readonly<Record<string, Scalar | undefined>>,
): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`${encodeUnreserved(name)}=${encoded(request, name, encodeQueryValue, value)}`],
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function encoded(
  request: FastifyRequest,
  name: string,
  encode: (text: string) => string,
  value: Scalar,
): string {
  try {
    if (typeof value === 'number' && !isSafe(String(value))) {
      throw new RangeError('a number that may have lost digits: fetch it with numbers: "text"');
    }
    return encode(String(value));
  } catch (error) {
    const code = isOfClient(request, String(value)) ? 'GW_REQUEST_INVALID' : 'GW_UPSTREAM_INVALID';
    throw new GatewayError(code, `${name} is ${(error as Error).message}`, { cause: error });
  }
}

/** Whether the client, or its token, sent this value. Otherwise it came from an upstream. */
function isOfClient(request: FastifyRequest, text: string): boolean {
  const { params, query, body, headers, consumer } = request;
  return [params, query, body, headers, consumer?.id, consumer?.claims].some((each) =>
    holds(each, text, MAX_DEPTH),
  );
}

/** Values for paths are searched no deeper than this. */
const MAX_DEPTH = 32;

function holds(value: unknown, text: string, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return String(value) === text;
  return depth > 0 && Object.values(value).some((each) => holds(each, text, depth - 1));
}
