/** A client over real sockets that never repeats a request by itself. */
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { noteAnswer } from '../helpers/what-came.ts';

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Default: a connection for this request alone. */
  readonly agent?: Agent;
}

export interface Answer {
  /** 0 where no head came. */
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The code of a problem document of the gateway's own. */
  readonly code: string | undefined;
  /** The connection ended before the answer did. */
  readonly isCut: boolean;
}

/** Keeps its connections; ends with the test. */
export function keptSockets(maxSockets = Number.POSITIVE_INFINITY): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets });
  onTestFinished(() => agent.destroy());
  return agent;
}

/** Sends a request, without waiting for anything. */
export function send(
  url: string,
  { method = 'GET', headers, body, agent }: Ask = {},
): ClientRequest {
  const length = body === undefined ? undefined : { 'content-length': String(body.length) };
  const sent = request(url, { method, headers: { ...headers, ...length }, agent: agent ?? false });
  sent.on('error', () => undefined);
  return sent.end(body);
}

/** Sends a request, and waits for all of the answer, or for its end. */
export function ask(url: string, options: Ask = {}): Promise<Answer> {
  return new Promise((resolve) => {
    const sent = send(url, options);
    sent.once('error', () => resolve(NOTHING));
    sent.once('response', (response) => {
      let body = '';
      response.on('error', () => undefined);
      response.setEncoding('latin1').on('data', (text: string) => (body += text));
      response.once('close', () => resolve(answerOf(response, body)));
    });
  });
}

const NOTHING: Answer = { status: 0, headers: {}, body: '', code: undefined, isCut: true };

function answerOf({ statusCode = 0, headers, complete }: IncomingMessage, body: string): Answer {
  noteAnswer({ status: statusCode, headers, body });
  const isProblem = headers['content-type']?.startsWith('application/problem+json') === true;
  const type = isProblem && complete ? (JSON.parse(body) as { type: string }).type : undefined;
  const code = type?.replace('urn:portico:error:', '');
  return { status: statusCode, headers, body, code, isCut: !complete };
}
