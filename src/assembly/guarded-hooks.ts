/**
 * Runs the hooks of plugins. If a hook throws something that is not an answer, or returns a value without
 * a meaning, the failure names the plugin and the hook in the log. Clients do not see it.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HookExplanation, PluginHooks } from '../authoring/plugin-hooks.ts';
import type { Policy, UpstreamResponse } from '../core/call.ts';
import { GatewayError, isGatewayError, toError, toGatewayError } from '../core/errors.ts';
import type { ErrorForm } from '../edge/error-form.ts';
import { Body } from '../core/body.ts';
import type { AnswerConverter, BodyTransform, RequestHook, ResponseHook } from '../routes/route.ts';
import { inOneLine } from './in-one-line.ts';

type Hook =
  | 'onRequest'
  | 'explain'
  | 'answered'
  | 'onResponse'
  | 'transform'
  | 'convert'
  | 'errorAnswer'
  | 'policy';

/** One set of hooks that a plugin made for a route. */
export class GuardedHooks {
  readonly #plugin: string;
  readonly #hooks: PluginHooks;

  constructor(plugin: string, hooks: PluginHooks) {
    this.#plugin = plugin;
    this.#hooks = hooks;
  }

  onRequest(): RequestHook {
    const hooks = this.#hooks;
    const failure = (thrown: unknown): unknown => this.#failure('onRequest', thrown);
    return function onRequest(request, reply) {
      let result: unknown;
      try {
        result = hooks.onRequest?.(request, reply);
      } catch (error) {
        throw failure(error);
      }
      if (result === undefined) return undefined;
      if (isThenable(result)) {
        return Promise.resolve(result).then(undefined, (error) => {
          throw failure(error);
        });
      }
      const what = `it returned ${inOneLine(result)}: throw a GatewayError to refuse, or return nothing to continue`;
      throw failure(new TypeError(what));
    };
  }

  /**
   * What `onRequest` would do; `undefined`: it would let the request pass, without a comment.
   *
   * @throws what `onRequest` would throw
   */
  async explain(
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<HookExplanation | undefined> {
    let told: unknown;
    try {
      told = await this.#hooks.explain?.(request, reply);
    } catch (error) {
      throw this.#failure('explain', error);
    }
    if (told === undefined || isExplanation(told)) return told;
    const what = `it returned ${inOneLine(told)}: return { says: 'some text' }, or nothing`;
    throw this.#failure('explain', new TypeError(what));
  }

  onResponse(): ResponseHook {
    return (request, head) => {
      this.#run('onResponse', () => {
        const result: unknown = this.#hooks.onResponse?.(request, head);
        if (isThenable(result)) throw lateResult(result);
      });
    };
  }

  transform(): BodyTransform {
    return (request, head) =>
      this.#run('transform', () => {
        const result: unknown = this.#hooks.transform?.(request, head);
        if (isThenable(result)) throw lateResult(result);
        if (result === undefined || isStream(result)) return result;
        throw new TypeError(`it returned ${inOneLine(result)}: return a Transform, or nothing`);
      });
  }

  answered(): AnswerConverter {
    return this.#converter('answered');
  }

  convert(): AnswerConverter {
    return this.#converter('convert');
  }

  #converter(hook: 'answered' | 'convert'): AnswerConverter {
    return (request, head) => {
      const conversion = this.#run(hook, () => {
        const result: unknown = this.#hooks[hook]?.(request, head);
        if (result === undefined || typeof result === 'function') return result;
        if (isThenable(result)) throw lateResult(result);
        const what = 'return what turns a body into the one to send, or nothing';
        throw new TypeError(`it returned ${inOneLine(result)}: ${what}`);
      });
      if (conversion === undefined) return undefined;
      return async (body) => {
        // What breaks the body is no failure of the plugin's.
        let broken: Error | undefined;
        body.onClose((error) => (broken = error));
        try {
          const result: unknown = await conversion(body);
          if (result instanceof Body) return result;
          throw new TypeError(`its conversion gave ${inOneLine(result)}: it must give a Body`);
        } catch (error) {
          throw error === broken ? error : this.#failure(hook, error);
        }
      };
    };
  }

  errorAnswer(): ErrorForm {
    return (request, error) =>
      this.#run('errorAnswer', () => {
        const result: unknown = this.#hooks.errorAnswer?.(request, error);
        if (result === undefined || isErrorAnswer(result)) return result;
        const what = 'return { status, headers, body }, with the body as bytes, or nothing';
        throw new TypeError(`it returned ${inOneLine(result)}: ${what}`);
      });
  }

  /** @throws {TypeError} for a value that is not a policy */
  policy(upstream: string): Policy {
    const policy: unknown = this.#hooks.policy?.(upstream);
    if (typeof policy !== 'function') throw new TypeError(notPolicy(this.#plugin, policy));
    return (next) => {
      // Failures further inside are not this plugin's fault.
      const call: unknown = (policy as Policy)((request) =>
        next(request).catch((error: unknown) => {
          throw toGatewayError(error);
        }),
      );
      if (typeof call !== 'function') throw new TypeError(notPolicy(this.#plugin, call));
      return async (request) => {
        let response: UpstreamResponse;
        try {
          response = await (call as ReturnType<Policy>)(request);
        } catch (error) {
          throw this.#failure('policy', error);
        }
        if (isResponse(response)) return response;
        const what = `it returned ${inOneLine(response)}, not a response: return what next(request) returns`;
        throw this.#failure('policy', new TypeError(what));
      };
    };
  }

  #run<T>(hook: Hook, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#failure(hook, error);
    }
  }

  /** Answers stay as they are, and so do the errors of Fastify and its plugins for a client's fault. */
  #failure(hook: Hook, thrown: unknown): unknown {
    if (isGatewayError(thrown) || isClientFault(thrown)) return thrown;
    const options = { cause: toError(thrown), thrownBy: { plugin: this.#plugin, hook } };
    return new GatewayError('GW_INTERNAL', 'an unexpected error', options);
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';

/** Nobody awaits this promise, and an unhandled rejection would end the process. */
function lateResult(result: PromiseLike<unknown>): TypeError {
  result.then(undefined, () => undefined);
  return new TypeError('it returned a promise: the head is sent at once, so it cannot be async');
}

const isExplanation = (value: unknown): value is HookExplanation =>
  typeof (value as { readonly says?: unknown } | null)?.says === 'string';

const isStream = (value: unknown): value is NonNullable<ReturnType<BodyTransform>> =>
  typeof (value as { readonly pipe?: unknown } | null)?.pipe === 'function';

const isErrorAnswer = (value: unknown): value is NonNullable<ReturnType<ErrorForm>> => {
  const { status, headers, body } = (value ?? {}) as Partial<Record<string, unknown>>;
  return typeof status === 'number' && typeof headers === 'object' && body instanceof Uint8Array;
};

const isResponse = (value: unknown): value is UpstreamResponse =>
  typeof value === 'object' && value !== null && 'status' in value && 'body' in value;

const isClientFault = (thrown: unknown): boolean => {
  const { statusCode } = (thrown ?? {}) as { readonly statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
};

const notPolicy = (plugin: string, value: unknown): string =>
  `plugin ${plugin}: its policy is ${inOneLine(value)}, not a function: (next) => (request) => next(request)`;
