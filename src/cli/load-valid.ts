/** Loads the config of a command that reads it and starts nothing. */
import type { GatewayModules } from '../assembly/modules.ts';
import { loadModules } from '../assembly/modules.ts';
import { ConfigError } from '../config/fault.ts';
import { type Loaded, loadConfig } from '../config/load.ts';
import { printRefusal } from './faults.ts';
import { withProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';
// The last, so that what is imported before is found without it.
import './running-copy.ts';

/** The config; `undefined` if it has faults, which have been printed. */
export async function loadValid(
  { config: file, json = false }: { readonly config: string; readonly json?: boolean },
  terminal: Terminal,
): Promise<Loaded<GatewayModules> | undefined> {
  try {
    const { environment } = terminal;
    return await withProgress({ terminal, what: `checking ${file}` }, () =>
      loadConfig({ file, environment, loadModules }),
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    printRefusal(error.faults, json, terminal);
    return undefined;
  }
}
