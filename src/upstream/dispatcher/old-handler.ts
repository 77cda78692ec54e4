/**
 * Handlers as undici had them up to version 7, and as Node's own `fetch` up to Node 25 has them: their callbacks
 * get raw fields, and say with `false` that they want to wait.
 */
import type { Dispatcher } from 'undici';
import type { HeaderValue } from '../../core/headers.ts';

interface OldHandler {
  onConnect(abort: (reason?: Error) => void, context: object): void;
  onHeaders(status: number, fields: RawFields, resume: () => void, text: string): boolean | void;
  onData(chunk: Buffer): boolean | void;
  onComplete(trailers: RawFields): void;
  onError(error: Error): void;
}

type RawFields = readonly Buffer[];

const METHODS = ['onConnect', 'onHeaders', 'onData', 'onComplete', 'onError'] as const;

/** Does `handler` have the callbacks of old, and none of the new ones? */
export const isOldHandler = (handler: object): handler is OldHandler =>
  !('onRequestStart' in handler) &&
  METHODS.every((name) => typeof (handler as Partial<OldHandler>)[name] === 'function');

export function newHandler(old: OldHandler): Dispatcher.DispatchHandler {
  const wants = (controller: Dispatcher.DispatchController, more: boolean | void): void => {
    if (more === false) controller.pause();
  };
  return {
    onRequestStart(controller) {
      old.onConnect((reason) => controller.abort(reason!), {});
    },
    onResponseStart(controller, status, headers, text = '') {
      const resume = (): void => controller.resume();
      wants(controller, old.onHeaders(status, rawFields(headers), resume, text));
    },
    onResponseData(controller, chunk) {
      wants(controller, old.onData(chunk));
    },
    onResponseEnd(_controller, trailers) {
      old.onComplete(rawFields(trailers));
    },
    onResponseError(_controller, error) {
      old.onError(error);
    },
  };
}

/** Names and values in turn, as bytes; a field with several values comes as often. */
export function rawFields(fields: Readonly<Record<string, HeaderValue | undefined>>): Buffer[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    [value ?? []]
      .flat()
      .flatMap((each) => [Buffer.from(name, 'latin1'), Buffer.from(each, 'latin1')]),
  );
}
