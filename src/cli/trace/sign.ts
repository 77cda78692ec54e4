/** Signs the request that `portico trace` sends, or that somebody else will send. */
import { randomBytes } from 'node:crypto';
import { LONGEST_LIFE_S, signDebug } from '../../edge/debug-signature.ts';
import { AdminError, readTraceKey } from '../admin-port.ts';
import { EXIT, type Terminal } from '../terminal.ts';

/** Seconds, for what is sent at once and for what is printed. */
export const LIFE_S = { sent: 60, printed: LONGEST_LIFE_S } as const;

/** A clock that is ahead of the gateway's must not make a signature good for too long. */
const SKEW_S = 10;

export interface ToSign {
  readonly method: string;
  readonly url: URL;
  readonly lifeS: number;
  /** May have the key; otherwise PORTICO_TRACE_KEY has it. */
  readonly config?: string;
}

/** @returns the value of `Portico-Debug` @throws {AdminError} if there is no key */
export async function sign(
  { method, url, lifeS, config }: ToSign,
  { environment }: Pick<Terminal, 'environment'>,
): Promise<string> {
  const written = config === undefined ? undefined : await readTraceKey(config, environment);
  const key = written ?? environment['PORTICO_TRACE_KEY'];
  if (key === undefined || key === '') {
    const message =
      'no key to sign with: set PORTICO_TRACE_KEY, or name a config with admin.trace by -c';
    throw new AdminError(message, { code: EXIT.usage });
  }
  return signDebug({
    key,
    method,
    target: `${url.pathname}${url.search}`,
    expires: Math.floor(Date.now() / 1_000) + lifeS - SKEW_S,
    nonce: randomBytes(18).toString('base64url'),
  });
}
