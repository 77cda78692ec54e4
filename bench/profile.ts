/**
 * `node bench/profile.ts <file.cpuprofile> [lines]`: where a process spent its time, by owner (our
 * folders, packages, Node, the engine), then by function. Self time, as shares of the busy time.
 */
import { readFileSync } from 'node:fs';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  /** Id of the node that each sample met. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

const IDLE = new Set(['(idle)', '(root)']);

function selfTimes({ nodes, samples, timeDeltas }: Profile): Map<ProfileNode, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const times = new Map<ProfileNode, number>();
  for (const [i, id] of samples.entries()) {
    const node = byId.get(id)!;
    if (IDLE.has(node.callFrame.functionName)) continue;
    times.set(node, (times.get(node) ?? 0) + timeDeltas[i]!);
  }
  return times;
}

/** `src`, `plugins`, a package, `node:net`; `(native)` for what has no file. */
function ownerOf({ callFrame: { url, functionName } }: ProfileNode): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  const [, inPackage] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (inPackage !== undefined) return inPackage;
  return url.startsWith('node:') ? url : shortened(url).split('/')[0]!;
}

const ROOT = new URL('..', import.meta.url).href;
const shortened = (url: string): string =>
  url
    .replace(ROOT, '')
    .replace(/^dist\//, '')
    .replace(/.*\/node_modules\//, '');

function describe({ callFrame: { url, functionName, lineNumber } }: ProfileNode): string {
  const place = url === '' ? '' : `  ${shortened(url)}:${lineNumber + 1}`;
  return `${functionName || '(anonymous)'}${place}`;
}

/** Lines of `share  name`, the largest first. */
function ranking(
  times: ReadonlyMap<ProfileNode, number>,
  nameOf: (node: ProfileNode) => string,
  most: number,
): string {
  const sums = new Map<string, number>();
  let total = 0;
  for (const [node, time] of times) {
    sums.set(nameOf(node), (sums.get(nameOf(node)) ?? 0) + time);
    total += time;
  }
  return [...sums]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([name, time]) => `${((100 * time) / total).toFixed(2).padStart(6)} %  ${name}`)
    .join('\n');
}

const [file, lines = '60'] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: node bench/profile.ts <file.cpuprofile> [lines]');
const times = selfTimes(JSON.parse(readFileSync(file, 'utf8')) as Profile);
console.log(`${ranking(times, ownerOf, 30)}\n\n${ranking(times, describe, Number(lines))}`);
