/**
 * Set-up of every test file: a failed test tells which answers came, and JSON that does not parse is told with
 * its answer. Tests use `fetch` and `response.json()` as ever.
 */
import { afterEach, beforeEach } from 'vitest';
import { type Came, forgetAnswers, noteAnswer, tellAnswer, tellAnswers } from './what-came.ts';

const send = globalThis.fetch;
const readText = Response.prototype.text;

/** What the test has read of a body, and what was asked. */
const texts = new WeakMap<Response, string>();
const questions = new WeakMap<Response, string>();

globalThis.fetch = async function fetch(input, init) {
  const response = await send(input, init);
  const url = input instanceof Request ? input.url : String(input);
  questions.set(response, `${init?.method ?? 'GET'} ${url}`);
  noteAnswer(came(response));
  return response;
};

Object.assign(Response.prototype, {
  async text(this: Response): Promise<string> {
    const read = await readText.call(this);
    texts.set(this, read);
    return read;
  },
  async json(this: Response): Promise<unknown> {
    const text = await this.text();
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new SyntaxError(`not JSON:\n${await tellAnswer(came(this))}`, { cause: error });
    }
  },
});

function came(response: Response): Came {
  const asked = questions.get(response);
  return {
    ...(asked !== undefined && { asked }),
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: async () => texts.get(response) ?? (response.bodyUsed ? '(read)' : response.text()),
  };
}

beforeEach(forgetAnswers);

afterEach(async ({ task }) => {
  const failure = task.result?.errors?.[0];
  if (failure === undefined || failure.message.startsWith('not JSON:')) return;
  const told = await tellAnswers();
  if (told !== '') failure.message += `\n\n${told}`;
});
