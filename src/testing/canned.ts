/** Upstreams as tables of answers, for tests that only need data. */
import type { FakeAnswer, FakeRequest, FakeUpstream } from './fake-upstream.ts';

/**
 * By path, such as `/products/p1`: the JSON that is answered with 200, or a function. A key may begin with a method
 * (`POST /orders`) and end with a query; the most exact one counts. Everything else is 404.
 */
export type CannedAnswers = Readonly<Record<string, unknown>>;

/** The upstream that answers from `answers`. */
export function cannedUpstream(answers: FakeUpstream | CannedAnswers): FakeUpstream {
  if (typeof answers === 'function') return answers;
  return (request) => answerFrom(answers, request);
}

function answerFrom(
  answers: CannedAnswers,
  request: FakeRequest,
): FakeAnswer | Promise<FakeAnswer> {
  const { method, path, query } = request;
  const key = [`${method} ${path}${query}`, path + query, `${method} ${path}`, path].find((each) =>
    Object.hasOwn(answers, each),
  );
  if (key === undefined) return { status: 404 };
  const answer = answers[key];
  // A function of a table is a fake upstream; JSON has no functions.
  return typeof answer === 'function' ? (answer as FakeUpstream)(request) : { body: answer };
}
