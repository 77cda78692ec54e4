/**
 * Shows some answers to whoever watches them, as a copy, while they go on to their receiver as they came: for `portico
 * dev`, which compares them with documents. A gateway that nobody watches has no such layer.
 *
 * Streams, tunnels and bodies over {@link MOST_BYTES} are not shown.
 */
import type { UpstreamRequest, UpstreamResponse } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import type { Layer, Receiver } from '../core/sender.ts';
import { tee } from '../core/tee.ts';

/** The longest body that is shown; no more of a longer one is held either. */
export const MOST_BYTES = 1_048_576;

/** Gets all of the body, in the coding in which it came; never called if it does not come whole, or is too long. */
export type BodyListener = (body: Buffer) => void;

/** Is told each head; says whether it wants the body. Must not throw. */
export type AnswerWatch = (
  request: UpstreamRequest,
  response: UpstreamResponse,
) => BodyListener | undefined;

export const watchAnswers = (watch: AnswerWatch, clock: Clock): Layer => ({
  wrap: (next) => ({
    send: (request, receiver) =>
      next.send(request, watchingReceiver(receiver, { request, watch, clock })),
  }),
});

interface Watching {
  readonly request: UpstreamRequest;
  readonly watch: AnswerWatch;
  readonly clock: Clock;
}

function watchingReceiver(receiver: Receiver, { request, watch, clock }: Watching): Receiver {
  return {
    answered: (response) => {
      const listener = canBeShown(response) ? watch(request, response) : undefined;
      receiver.answered(listener === undefined ? response : shown(response, listener, clock));
    },
    failed: (error) => receiver.failed(error),
  };
}

function canBeShown({ headers, stream, tunnel }: UpstreamResponse): boolean {
  const length = Number(headers['content-length'] ?? 0);
  return stream === undefined && tunnel === undefined && length <= MOST_BYTES;
}

function shown(response: UpstreamResponse, listener: BodyListener, clock: Clock): UpstreamResponse {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const body = tee(response.body, clock, (chunk) => {
    bytes += chunk.length;
    if (bytes <= MOST_BYTES) chunks.push(Buffer.from(chunk));
    else chunks.length = 0;
  });
  body.onClose((error) => {
    if (error === undefined && bytes <= MOST_BYTES) listener(Buffer.concat(chunks));
  });
  return { ...response, body };
}
