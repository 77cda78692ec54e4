/** What a way to report results does. */
import { formatFault } from '../../config/fault.ts';
import type { CaseResult, Failure } from '../../testing/cases/run-case.ts';

export interface Reporter {
  /** A case has ended. */
  result(result: CaseResult): void;
  /** All have; it took so many milliseconds. */
  end(ms: number): void;
}

/** `gateway.test.yaml:31:15  expect.status: expected 401, got 200` */
export const sayFailure = ({ place, what, expected, got }: Failure): string =>
  formatFault({ ...place, path: what, message: `expected ${expected}, got ${got}` });

export const countOf = (results: readonly CaseResult[], outcome: CaseResult['outcome']): number =>
  results.filter((each) => each.outcome === outcome).length;
