/** What plugins and BFFs throw while a gateway starts: a fault of the place in the config that names them. */
import { ConfigError, type Finding } from '../config/fault.ts';
import { toError } from '../errors.ts';
import type { GatewayModules } from '../modules.ts';

/** @throws {ConfigError} `finding`, with why: what `start` threw */
export async function orFault<T>(
  modules: GatewayModules,
  finding: Finding,
  start: () => T | Promise<T>,
): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const message = `${finding.message}: ${toError(error).message}`;
    throw new ConfigError([modules.place({ ...finding, message })]);
  }
}
