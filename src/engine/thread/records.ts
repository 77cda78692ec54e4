/** What DBOS has recorded of the runs of an operation. It is the truth; our table is not. */
import { DBOS } from '@dbos-inc/dbos-sdk';
import type { Operation } from '../../operations/engine.ts';
import type { History, Item } from '../../operations/history.ts';
import { runId } from '../../operations/ids.ts';
import type { Job } from './runs.ts';

type Run = Pick<Operation, 'id' | 'run'>;

/** What a run was started with; `undefined`: it is not there yet, or no longer. */
export async function jobOf({ id, run }: Run): Promise<Job | undefined> {
  const status = await DBOS.getWorkflowStatus(runId(id, run));
  const [job] = (status?.input ?? []) as readonly (Job | undefined)[];
  return job;
}

/** Of all runs up to this one. */
export async function historyOf({ id, run }: Run): Promise<History> {
  const job = run === 1 ? undefined : await jobOf({ id, run });
  // Ordered a moment ago, and about to begin.
  if (run > 1 && job === undefined) return historyOf({ id, run: run - 1 });
  const steps = (await DBOS.listWorkflowSteps(runId(id, run))) ?? [];
  const recorded = steps.flatMap(({ output }) => (isItem(output) ? output : []));
  return [...(job?.before ?? []), ...recorded];
}

/** Other records, such as those of sleeps, are of no interest here. */
const isItem = (output: unknown): output is Item =>
  typeof output === 'object' && output !== null && 'kind' in output;
