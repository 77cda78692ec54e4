/** The actions a route may have. A new one needs a file, a test, and a line here. */
import type { AnyAction } from './action.ts';
import { aggregate } from './aggregate.ts';
import { bff } from './bff.ts';
import { command } from './command.ts';
import { document } from './document.ts';
import { files } from './files.ts';
import { forward } from './forward.ts';
import { operationStatus } from './operation-status.ts';
import { redirect } from './redirect.ts';
import { respond } from './respond.ts';
import { saga } from './saga.ts';
import { split } from './split.ts';

/** In the order in which faults and the reference list them. */
export const ACTIONS: readonly AnyAction[] = [
  forward,
  split,
  aggregate,
  bff,
  redirect,
  respond,
  files,
  saga,
  command,
  operationStatus,
  document,
];
