/** A gateway that traces signed requests, and an operator with a key. */
import { randomBytes } from 'node:crypto';
import { signDebug } from '../../src/edge/debug-signature.ts';
import type { Trace } from '../../src/observe/trace.ts';
import { testGateway, type TestGateway, type TestGatewayOptions } from '../../src/testing.ts';
import { onTestFinished } from 'vitest';

export const KEY = 'the key of an operator, long enough';
export const OTHER_KEY = 'the next key of an operator, long enough';

export interface Signing {
  readonly method?: string;
  /** What is signed; default: what is asked for. */
  readonly target?: string;
  readonly key?: string;
  /** Seconds from now. */
  readonly life?: number;
  readonly nonce?: string;
}

/** The value of the field. */
export function signature(target: string, signing: Signing = {}): string {
  const { method = 'GET', key = KEY, life = 60 } = signing;
  return signDebug({
    method,
    target: signing.target ?? target,
    key,
    expires: Math.floor(Date.now() / 1_000) + life,
    nonce: signing.nonce ?? randomBytes(12).toString('base64url'),
  });
}

export interface Tracing extends TestGateway {
  readonly adminUrl: string;
  /** Asks for `path` with a signature. */
  readonly signed: (path: string, init?: RequestInit & Signing) => Promise<Response>;
  /** What the admin port says of `response`. */
  readonly traceOf: (response: Response, init?: RequestInit) => Promise<Response>;
  /** Asks with a signature, and reads the trace. */
  readonly traced: (path: string, init?: RequestInit & Signing) => Promise<Trace>;
}

export async function startTracing({
  config = {},
  admin = {},
  ...options
}: TestGatewayOptions & { readonly admin?: object }): Promise<Tracing> {
  const gateway = await testGateway({
    ...options,
    config: { admin: { port: 0, trace: { keys: [KEY] }, ...admin }, ...config },
  });
  onTestFinished(() => gateway.close());
  const { adminUrl = '' } = gateway.gateway;
  const signed: Tracing['signed'] = (path, { method = 'GET', headers, ...init } = {}) => {
    const { target, key, life, nonce, ...others } = init;
    const field = signature(path, {
      method,
      ...(target !== undefined && { target }),
      ...(key !== undefined && { key }),
      ...(life !== undefined && { life }),
      ...(nonce !== undefined && { nonce }),
    });
    return gateway.fetch(path, {
      ...others,
      method,
      headers: { ...(headers as Record<string, string>), 'portico-debug': field },
    });
  };
  const traceOf: Tracing['traceOf'] = (response, init) =>
    fetch(`${adminUrl}/trace/${response.headers.get('x-request-id')}`, init);
  const traced: Tracing['traced'] = async (path, init) => {
    const response = await signed(path, init);
    await response.text();
    const trace = await traceOf(response);
    if (trace.status !== 200) throw new Error(`no trace: ${trace.status} ${await trace.text()}`);
    return (await trace.json()) as Trace;
  };
  return { ...gateway, adminUrl, signed, traceOf, traced };
}
