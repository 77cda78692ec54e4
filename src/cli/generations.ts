/** `portico history`, `portico rollback` and `portico reload`: what a running gateway serves, and what it should. */
import { visible } from '../config/fault.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import {
  AdminError,
  type AdminGiven,
  type AdminPort,
  ask,
  asText,
  findAdminPort,
  tellFailure,
} from './admin-port.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface AdminOrder extends AdminGiven {
  readonly command: 'history' | 'rollback' | 'reload';
  /** Of `history`. */
  readonly json?: boolean;
  /** Of `rollback`. */
  readonly generation?: number;
  /** Of `reload`. */
  readonly force?: boolean;
}

export async function runAdminCommand(order: AdminOrder, terminal: Terminal): Promise<number> {
  try {
    const port = await findAdminPort(order, terminal.environment);
    if (order.command === 'history') return await history(port, order.json === true, terminal);
    const { generation, force } = order;
    const sent = order.command === 'rollback' ? { generation } : { force };
    const { body } = await ask(port, `/${order.command}`, sent);
    return printOutcome(body, terminal);
  } catch (error) {
    return tellFailure(error, terminal);
  }
}

async function history(port: AdminPort, isJson: boolean, { out }: Terminal): Promise<number> {
  const { body } = await ask(port, '/generations');
  const { current, rolledBackTo, generations } = body;
  if (!Array.isArray(generations) || !generations.every(isMap)) {
    throw new AdminError(`${port.url.origin} has no history: it may be an older gateway`);
  }
  if (isJson) out(JSON.stringify(body, undefined, 2));
  else {
    for (const { number, at, cause, changes } of generations) {
      const held = rolledBackTo === undefined ? '' : ', until the config files change';
      const serves = number === current ? `  (serves${held})` : '';
      out(visible(`${asText(number)}  ${asText(at)}  ${asText(cause)}${serves}`));
      if (cause !== 'start') printChanges(changes, out);
    }
  }
  return EXIT.ok;
}

/** Of a rollback or reload. */
function printOutcome(body: Tree, { out, err }: Terminal): number {
  const { result, rolledBackTo, faults, restartRequired } = body;
  const generation = asText(body['generation']);
  for (const fault of textsOf(faults)) err(visible(fault));
  if (result === 'held') {
    err(
      visible(
        `nothing reloaded: the rollback to ${asText(rolledBackTo)} holds until the config files change, or --force`,
      ),
    );
    return EXIT.failed;
  }
  if (result !== 'applied') {
    err(visible(`rejected: generation ${generation} keeps serving`));
    return EXIT.badConfig;
  }
  const held =
    rolledBackTo === undefined
      ? ''
      : ` the config of generation ${asText(rolledBackTo)}, until the config files change`;
  out(visible(`generation ${generation} serves${held}`));
  printChanges(body['changes'], out);
  const keys = textsOf(restartRequired);
  if (keys.length > 0) err(visible(`restart required for ${keys.join(', ')}`));
  return EXIT.ok;
}

function printChanges(changes: unknown, out: Terminal['out']): void {
  const texts = textsOf(changes);
  for (const change of texts.length === 0 ? ['the config means the same'] : texts) {
    out(visible(`    ${change}`));
  }
}

const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map(asText) : [];
