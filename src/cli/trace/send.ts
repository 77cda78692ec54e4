/** Sends the signed request as a client would, and tells its id. */
import { AdminError } from '../admin-port.ts';
import { EXIT } from '../terminal.ts';

export interface TracedRequest {
  readonly method: string;
  readonly url: URL;
  /** The value of `Portico-Debug`. */
  readonly field: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly token?: string;
  readonly body?: string;
}

const PATIENCE_MS = 60_000;

/** @throws {AdminError} if there is no answer, or none of Portico's */
export async function sendTraced(request: TracedRequest): Promise<{ readonly id: string }> {
  const { url } = request;
  const response = await answerTo(request);
  const id = response.headers.get('x-request-id');
  // The request ends with the body of its answer, however long that is.
  for await (const _chunk of response.body ?? []);
  if (id !== null) return { id };
  throw new AdminError(
    `${url.origin} answered ${response.status} without X-Request-Id: either it is not Portico, or a proxy in between removes it`,
  );
}

async function answerTo({ method, url, field, ...request }: TracedRequest): Promise<Response> {
  const { header, token, body } = request;
  const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    return await fetch(url, {
      method,
      headers: { ...bearer, ...header, 'portico-debug': field },
      ...(body !== undefined && { body }),
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    throw unanswered(url, error as Error);
  }
}

function unanswered({ origin }: URL, error: Error): AdminError {
  // Such as a GET with a body, or a method that browsers may not use either.
  if (error instanceof TypeError && error.cause === undefined) {
    return new AdminError(error.message, { code: EXIT.usage, cause: error });
  }
  if (error.name === 'TimeoutError') {
    return new AdminError(`${origin} did not answer within ${PATIENCE_MS / 1_000} s`, {
      cause: error,
    });
  }
  const { code, message } = (error.cause ?? error) as NodeJS.ErrnoException;
  return new AdminError(`${origin} did not answer: ${code ?? message}`, { cause: error });
}
