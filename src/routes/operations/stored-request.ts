/**
 * The request of a command, as it is kept until it is sent: what will go to the upstream, and nothing else that the
 * client sent.
 */
import type { RenderedCall } from './render-call.ts';

interface Stored extends Omit<RenderedCall, 'body'> {
  /** In base64; absent: there is none. */
  readonly body?: string;
}

/** As JSON. */
export const storeRequest = ({ body, ...rest }: RenderedCall): string =>
  JSON.stringify({
    ...rest,
    ...(body !== undefined && { body: body.toString('base64') }),
  } satisfies Stored);

export function storedRequest(json: string): RenderedCall {
  // Only `storeRequest` writes it.
  const { body, ...rest } = JSON.parse(json) as Stored;
  return { ...rest, body: body === undefined ? undefined : Buffer.from(body, 'base64') };
}
