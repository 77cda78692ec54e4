/** `portico operations list`, `show`, `retry`, `skip` and `cancel`, as `--help` describes them. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { OperationOrder, OperationsAsked } from '../operations.ts';
import { teach } from '../teach.ts';
import { adminCommand, UNANSWERED, UNTOLD } from './admin.ts';
import type { Run } from './run.ts';

const STATUSES = ['running', 'compensating', 'stuck', 'completed', 'failed'];
const PAGE = 'docs/sagas.md';
const ID = '$ID';

export function addOperationsCommand(program: Command, run: Run): void {
  const command = program
    .command('operations')
    .description('see sagas and commands of a running gateway, and settle what is stuck');
  teach(command, {
    examples: ['portico operations list --status stuck', `portico operations show ${ID}`],
    exits: { 0: 'done', 1: `it cannot be done; or ${UNANSWERED}`, 78: UNTOLD },
  });
  addList(command, run);
  addShow(command, run);
  addOrder(command, run, {
    name: 'retry',
    description: 'undo the stuck step of an operation again, and then the steps before it',
    example: `portico operations retry ${ID} --step charge --reason repaired`,
  });
  addOrder(command, run, {
    name: 'skip',
    description:
      'take the stuck step of an operation for undone, because it was undone by hand, and undo the steps before it',
    example: `portico operations skip ${ID} --step charge --reason refunded`,
  });
  addCancel(command, run);
}

function addList(parent: Command, run: Run): void {
  adminCommand(parent, {
    name: 'list',
    description: 'list operations, newest first, and how many there are by name and status',
    examples: [
      'portico operations list',
      'portico operations list --status stuck --name fulfilment --json',
    ],
    exits: { 0: 'listed', 1: `the config has no store; or ${UNANSWERED}`, 78: UNTOLD },
    page: PAGE,
  })
    .addOption(new Option('--status <status>', 'only those').choices(STATUSES))
    .option('--name <name>', 'only those of this saga or command')
    .option('--limit <number>', 'so many at most, up to 100 (default: 20)', readLimit)
    .option('--after <cursor>', 'the next page, as the one before named it')
    .option('--json', 'print them as JSON')
    .action((asked: OperationsAsked) =>
      run(async (terminal) => (await import('../operations.ts')).listOperations(asked, terminal)),
    );
}

function addShow(parent: Command, run: Run): void {
  adminCommand(parent, {
    name: 'show',
    description: 'print all that happened to an operation',
    examples: [`portico operations show ${ID}`],
    exits: { 0: 'printed', 1: `there is no such operation; or ${UNANSWERED}`, 78: UNTOLD },
    page: PAGE,
  })
    .argument('<id>', 'its id')
    .option('--json', 'print it as JSON')
    .action((id: string, asked: OperationsAsked) =>
      run(async (terminal) =>
        (await import('../operations.ts')).showOperation({ ...asked, id }, terminal),
      ),
    );
}

type Given = Omit<OperationOrder, 'id' | 'order'>;

interface OrderLesson {
  readonly name: 'retry' | 'skip';
  readonly description: string;
  readonly example: string;
}

function addOrder(parent: Command, run: Run, { name, description, example }: OrderLesson): void {
  ordering(parent, run, name, {
    description,
    example,
    refused: 'it is not stuck at that step, or another order was sooner',
  })
    .requiredOption('--step <name>', 'the step that is stuck')
    .option('--run <number>', 'only if this run is stuck, as show tells it', readRun);
}

function addCancel(parent: Command, run: Run): void {
  ordering(parent, run, 'cancel', {
    description: 'stop an operation, and undo what it has done',
    example: `portico operations cancel ${ID} --reason mispriced`,
    refused: 'it no longer runs, or has passed its pivot',
  });
}

function ordering(
  parent: Command,
  run: Run,
  name: OperationOrder['order'],
  { description, example, refused }: Omit<OrderLesson, 'name'> & { readonly refused: string },
): Command {
  return adminCommand(parent, {
    name,
    description,
    examples: [example],
    exits: { 0: 'ordered: it goes on by itself', 1: `${refused}; or ${UNANSWERED}`, 78: UNTOLD },
    page: PAGE,
  })
    .argument('<id>', 'its id')
    .requiredOption('--reason <text>', 'why, for the log and the history of the operation')
    .option('--json', 'print it as JSON')
    .action((id: string, given: Given) =>
      run(async (terminal) =>
        (await import('../operations.ts')).orderOperation({ ...given, id, order: name }, terminal),
      ),
    );
}

function readLimit(text: string): number {
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= 100) return limit;
  throw new InvalidArgumentError('it must be a number from 1 to 100');
}

function readRun(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it must be a number such as 1: see portico operations show');
}
