/** `request.log` for plugins and BFFs: a child logger, made on first use. */
import type { FastifyBaseLogger } from 'fastify';
import { exchangeOf } from '../edge/client-exchange.ts';
import type { IncomingMessage } from 'node:http';

class RequestLogger {
  readonly #parent: FastifyBaseLogger;
  readonly #raw: IncomingMessage;
  #own: FastifyBaseLogger | undefined;

  constructor(parent: FastifyBaseLogger, raw: IncomingMessage) {
    this.#parent = parent;
    this.#raw = raw;
  }

  get level(): string {
    return this.#parent.level;
  }

  set level(level: string) {
    this.#child().level = level;
  }

  fatal(...args: unknown[]): void {
    this.#write('fatal', args);
  }

  error(...args: unknown[]): void {
    this.#write('error', args);
  }

  warn(...args: unknown[]): void {
    this.#write('warn', args);
  }

  info(...args: unknown[]): void {
    this.#write('info', args);
  }

  debug(...args: unknown[]): void {
    this.#write('debug', args);
  }

  trace(...args: unknown[]): void {
    this.#write('trace', args);
  }

  silent(): void {}

  child(...args: Parameters<FastifyBaseLogger['child']>): FastifyBaseLogger {
    return this.#child().child(...args);
  }

  #write(level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace', args: unknown[]): void {
    const [first, ...rest] = args;
    this.#child()[level](first, ...(rest as [string?, ...unknown[]]));
  }

  #child(): FastifyBaseLogger {
    this.#own ??= this.#parent.child({ requestId: exchangeOf(this.#raw).id });
    return this.#own;
  }
}

/**
 * The logger of one request. It is set by our own hook and not by Fastify's `childLoggerFactory`, because
 * Fastify checks every method of such a logger on each request.
 */
export const requestLogger = (log: FastifyBaseLogger, raw: IncomingMessage): FastifyBaseLogger =>
  new RequestLogger(log, raw);
