/** Leaves out what this machine cannot run, and says so. */
import type { BenchOptions } from './options.ts';
import { locate } from './programs.ts';
import type { Subject } from './subjects/subject.ts';

/** Ends a program that is not Node with the process that has started it; of util-linux. */
export const PARENTAL = 'setpriv';

export interface WhatIsThere {
  readonly options: BenchOptions;
  /** A line for each program that is missing, with what is left out for it. */
  readonly skipped: readonly string[];
}

/**
 * @param isThere whether a program is installed
 * @throws {Error} when nothing is left, or the load generator that was asked for is missing
 */
export function withWhatIsThere(
  options: BenchOptions,
  isThere: (program: string) => boolean = (name) => locate(name) !== undefined,
): WhatIsThere {
  const tool =
    options.load === 'wrk' ? ['wrk', PARENTAL].find((name) => !isThere(name)) : undefined;
  if (tool !== undefined) throw new Error(`--load wrk: ${tool} is not installed`);
  const subjects = options.groups.flatMap(({ heats }) => heats.flat());
  const missing = [...new Set(subjects.flatMap(neededBy))].filter((name) => !isThere(name));
  const runs = (subject: Subject): boolean =>
    !neededBy(subject).some((name) => missing.includes(name));
  const groups = options.groups
    .map(({ name, heats }) => ({
      name,
      heats: heats.map((heat) => heat.filter(runs)).filter((heat) => heat.length > 0),
    }))
    .filter(({ heats }) => heats.length > 0);
  if (groups.length === 0) throw new Error(`nothing to run without ${missing.join(', ')}`);
  const skipped = missing.map((program) => {
    const names = subjects
      .filter((each) => neededBy(each).includes(program))
      .map(({ name }) => name);
    return `${program} is not installed; skipped: ${[...new Set(names)].join(', ')}`;
  });
  return { options: { ...options, groups }, skipped };
}

/** The programs that a subject needs, besides Node. */
export function neededBy({ server, job }: Subject): string[] {
  return [
    ...(server.kind === 'program' ? [server.program, PARENTAL] : []),
    ...(job.protocol === 'h2' ? ['h2load', PARENTAL] : []),
  ];
}
