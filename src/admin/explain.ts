/**
 * `GET /explain`: what the gateway would do with a request. It changes nothing.
 *
 * Credentials come in fields and never in the URL, which others may log: `Portico-Explain-Authorization`, and
 * `Portico-Explain-Header-<name>` for any header.
 */
import type { FastifyInstance } from 'fastify';
import { hint } from '../config/check/suggest.ts';
import type { RequestExplanation } from '../explain/explanation.ts';
import { type Question, QuestionError, readHeader } from '../explain/question.ts';
import { ExplainTimeout } from '../explain/traced-request.ts';
import type { Explained } from './explained.ts';

export interface ExplainView {
  readonly explain: (question: Question) => Promise<RequestExplanation>;
}

export function addExplain(app: FastifyInstance, { explain }: ExplainView): void {
  app.get('/explain', async ({ raw }, reply) => {
    void reply.header('cache-control', 'no-store');
    try {
      const explanation = await explain(readQuestion(raw.url ?? '', raw.rawHeaders));
      return explanation satisfies Explained;
    } catch (error) {
      if (error instanceof QuestionError) return reply.code(400).send({ error: error.message });
      if (error instanceof ExplainTimeout) return reply.code(504).send({ error: error.message });
      throw error;
    }
  });
}

const PARAMETERS = ['method', 'url', 'header', 'address'];

/** Their values are for one eye only. */
const SECRET = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** @throws {QuestionError} */
export function readQuestion(target: string, rawHeaders: readonly string[]): Question {
  const { searchParams } = new URL(target, 'http://admin');
  for (const name of searchParams.keys()) {
    if (PARAMETERS.includes(name)) continue;
    throw new QuestionError(`unknown parameter ${JSON.stringify(name)}${hint(name, PARAMETERS)}`);
  }
  const url = searchParams.get('url');
  if (url === null) throw new QuestionError('send ?url=/orders/1, and method if it is not GET');
  const plain = searchParams.getAll('header').map(readHeader);
  const secret = plain.find(([name]) => SECRET.has(name.toLowerCase()))?.[0];
  if (secret !== undefined) {
    const field = FIELD_PREFIX + secret.toLowerCase();
    throw new QuestionError(`send ${secret} in the field ${field}, not in the URL`);
  }
  return {
    method: searchParams.get('method') ?? 'GET',
    url,
    headers: [...plain, ...headersIn(rawHeaders)],
    address: searchParams.get('address') ?? '127.0.0.1',
  };
}

export const AUTHORIZATION_FIELD = 'portico-explain-authorization';
export const FIELD_PREFIX = 'portico-explain-header-';

/** The headers of the request in question, among those of the one that asks. */
function* headersIn(rawHeaders: readonly string[]): Generator<readonly [string, string]> {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    const value = rawHeaders[i + 1]!;
    if (name === AUTHORIZATION_FIELD) yield ['authorization', value];
    else if (name.startsWith(FIELD_PREFIX)) yield [name.slice(FIELD_PREFIX.length), value];
  }
}
