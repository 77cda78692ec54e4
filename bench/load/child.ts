/** A load generator that is a program of its own, on the core of the load process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/**
 * Runs a program to its end; it dies with this process.
 *
 * @returns what it wrote to standard output
 * @throws {Error} with its own words, where it fails
 */
export async function runChild(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', name, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[code: number | null]>;
  const [output, faults, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    exited,
  ]);
  if (code !== 0) throw new Error(`${name} failed (${code}): ${faults.trim() || output.trim()}`);
  return output;
}
