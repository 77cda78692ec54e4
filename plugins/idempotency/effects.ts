/**
 * What the calls of one request may have changed: those with a method that writes, as far as their outcome is known.
 */
import { isGatewayError, outcomeOfError, type Policy, type UpstreamRequest } from 'portico';

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY']);

/** A mirror's copy has it; what comes of that is of no interest to the client. */
const COPY = 'portico-mirror';

export class Effects {
  #sent = 0;
  #isUncertain = false;

  /** A write has reached an upstream, or may have. */
  get areSent(): boolean {
    return this.#sent > 0;
  }

  /** Nobody knows whether a write was done: it was not answered, or with 5xx. */
  get areUncertain(): boolean {
    return this.#isUncertain;
  }

  begin(): void {
    this.#sent += 1;
  }

  /** It has not left the gateway. */
  takeBack(): void {
    this.#sent -= 1;
  }

  leaveOpen(): void {
    if (this.areSent) this.#isUncertain = true;
  }
}

export type EffectsOf = (request: UpstreamRequest) => Effects | undefined;

const of = (effectsOf: EffectsOf, request: UpstreamRequest): Effects | undefined =>
  SAFE.has(request.method) || request.headers[COPY] !== undefined ? undefined : effectsOf(request);

/** Around each attempt. */
export const watchAttempts =
  (effectsOf: EffectsOf): Policy =>
  (next) =>
  async (request) => {
    const effects = of(effectsOf, request);
    effects?.begin();
    try {
      return await next(request);
    } catch (error) {
      if (isGatewayError(error) && outcomeOfError(error.code, false) === 'notSent') {
        effects?.takeBack();
      }
      throw error;
    }
  };

/** Around the whole call. */
export const watchCalls =
  (effectsOf: EffectsOf): Policy =>
  (next) =>
  async (request) => {
    const effects = of(effectsOf, request);
    try {
      const response = await next(request);
      if (response.status >= 500) effects?.leaveOpen();
      return response;
    } catch (error) {
      effects?.leaveOpen();
      throw error;
    }
  };
