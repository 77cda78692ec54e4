/** `portico diff`: what changes between two configs, and for whom. */
import { SEVERITIES, type Severity } from '../../config/audit/audit.ts';
import { hint } from '../../config/check/suggest.ts';
import { ConfigError, type Fault } from '../../config/fault.ts';
import { type Compared, diffOf, rulesOf } from '../../diff/diff.ts';
import { loadChecked, publishedOperations } from '../../gateway.ts';
import { printRefusal } from '../faults.ts';
import { withProgress } from '../progress.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { diffLines } from './print.ts';
// The last, so that what is imported before is found without it.
import '../running-copy.ts';

export interface DiffOptions {
  readonly before: string;
  readonly after: string;
  readonly json: boolean;
  /** Rules that are not looked at. */
  readonly ignore: readonly string[];
  /** Ends with 1 where a risk is as bad as this, or worse. */
  readonly failOn: Severity;
}

export async function diff(options: DiffOptions, terminal: Terminal): Promise<number> {
  const before = await loadOrFaults(options.before, terminal);
  const after = await loadOrFaults(options.after, terminal);
  if (isFaults(before) || isFaults(after)) {
    printRefusal([before, after].filter(isFaults).flat(), options.json, terminal);
    return EXIT.badConfig;
  }
  const rules = [...new Set([...rulesOf(before.modules), ...rulesOf(after.modules)])];
  const unknown = options.ignore.find((rule) => !rules.includes(rule));
  if (unknown !== undefined) {
    terminal.err(`no rule "${unknown}"${hint(unknown, rules)}`);
    return EXIT.usage;
  }
  const found = await withProgress({ terminal, what: 'comparing' }, () =>
    diffOf(before, after, new Set(options.ignore)),
  );
  terminal.out(options.json ? JSON.stringify(found, undefined, 2) : diffLines(found).join('\n'));
  const failing = SEVERITIES.slice(0, SEVERITIES.indexOf(options.failOn) + 1);
  return found.risks.some(({ severity }) => failing.includes(severity)) ? EXIT.failed : EXIT.ok;
}

type LoadedOrFaults = Compared | readonly Fault[];

const isFaults = (loaded: LoadedOrFaults): loaded is readonly Fault[] => Array.isArray(loaded);

async function loadOrFaults(file: string, terminal: Terminal): Promise<LoadedOrFaults> {
  try {
    const { environment } = terminal;
    return await withProgress({ terminal, what: `checking ${file}` }, async () => {
      const loaded = await loadChecked({ file, environment });
      return { ...loaded, published: await publishedOperations({ file, environment }, loaded) };
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
}
