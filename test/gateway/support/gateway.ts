/** A real gateway for one test; it ends with the test. */
import { onTestFinished } from 'vitest';
import { testGateway, type TestGateway, type TestGatewayOptions } from '../../../src/testing.ts';

export async function startGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const gateway = await testGateway(options);
  onTestFinished(() => gateway.close());
  return gateway;
}

/** Routes to one fake upstream `up`, each by its own key; `match` may be just the path. */
export const forwardTo = (path: string, more: object = {}) => ({
  match: { path },
  upstream: 'up',
  ...more,
});

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** The code of a problem document. */
export async function codeOf(response: Response): Promise<string> {
  const { type } = (await response.json()) as Problem;
  return type.replace('urn:portico:error:', '');
}
