/** Asks the gateway, with the operator's token where one was given. */

export class Refusal extends Error {
  /**
   * @param {number} status  0: it was not reached
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The longest that an answer may take, in milliseconds: that of a tried request may be slow. */
const PATIENCE_MS = 40_000;

/**
 * @typedef Api
 * @property {<T>(path: string, headers?: Readonly<Record<string, string>>) => Promise<T>} get
 * @property {<T>(path: string, body: object, accepted?: readonly number[]) => Promise<T>} post
 */

/**
 * Both throw a {@link Refusal} for a status of 400 and above that is not `accepted`.
 *
 * @param {() => Record<string, string>} authorization
 * @returns {Api}
 */
export function createApi(authorization) {
  return {
    get: (path, headers = {}) => ask(path, { headers: { ...authorization(), ...headers } }, []),
    post: (path, body, accepted = []) => {
      const headers = { ...authorization(), 'content-type': 'application/json' };
      return ask(path, { method: 'POST', headers, body: JSON.stringify(body) }, accepted);
    },
  };
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @param {readonly number[]} accepted
 */
async function ask(path, init, accepted) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(path, { ...init, signal }).catch(() => {
    throw new Refusal(0, signal.aborted ? 'no answer in time' : 'the gateway cannot be reached');
  });
  const body = await response.json().catch(() => ({}));
  if (response.ok || accepted.includes(response.status)) return body;
  const said = typeof body.error === 'string' ? body.error : `status ${response.status}`;
  throw new Refusal(response.status, said);
}

/**
 * What to tell of something that was thrown: only refusals are meant for people.
 *
 * @param {unknown} error
 */
export function tellError(error) {
  if (error instanceof Refusal) return error.message;
  console.error(error);
  return 'this page has a bug: see the console of the browser';
}
