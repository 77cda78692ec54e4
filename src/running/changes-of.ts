/** What is otherwise since an earlier generation: in its config, and in the files that it names. */
import { relative } from 'node:path';
import { changesInWords, type PluginNames } from '../config/changes/words.ts';
import { visible } from '../config/fault.ts';
import { areEqual, type PastGeneration } from './history.ts';

/** A config, and the files that it names. */
export type Content = Pick<PastGeneration, 'snapshot' | 'outside'>;

/** Each change in words. */
export async function changesOf(
  before: Content,
  after: Content,
  plugins: PluginNames,
): Promise<readonly string[]> {
  const { snapshot } = after;
  const inConfig = areEqual(before.snapshot, snapshot)
    ? []
    : await changesInWords(before.snapshot, snapshot, plugins);
  const changed = [...after.outside].filter(([file, digest]) => {
    const old = before.outside.get(file);
    return old !== undefined && old !== digest;
  });
  return [...inConfig, ...changed.map(([file]) => `file ${shownPath(file)} changed`)];
}

/** As faults show it: seen from where the gateway runs. */
function shownPath(file: string): string {
  const local = relative(process.cwd(), file);
  return visible(local.startsWith('..') ? file : local);
}
