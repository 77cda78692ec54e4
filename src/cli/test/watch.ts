/** `portico test --watch`: runs the cases again whenever they, the config, or what it imports have changed. */
import { dirname, relative, resolve } from 'node:path';
import { moduleLoader } from '../../assembly/modules.ts';
import { systemClock } from '../../core/clock.ts';
import { ConfigWatch } from '../../running/config-watch.ts';
import type { Digests, WatchedFiles } from '../../running/file-content.ts';
import { digestsNow } from '../../running/file-content.ts';
import { FreshModules } from '../dev/fresh-modules.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { test, type TestOptions } from './test.ts';
import { NoTestFile, TEST_FILES, testFiles } from './test-files.ts';

/** Until a signal ends it. */
export async function watch(options: TestOptions, terminal: Terminal): Promise<number> {
  const { config } = options;
  const folder = dirname(resolve(config));
  const modules = new FreshModules(folder);
  modules.install();
  const state = { isStopped: false };
  let changed = Promise.withResolvers<void>();
  const follow = new ConfigWatch(systemClock, () => changed.resolve());
  const stop = (): void => {
    state.isStopped = true;
    changed.resolve();
  };
  terminal.onSignal(['SIGTERM', 'SIGINT'], stop);
  terminal.onNpmGone(stop);
  let read: WatchedFiles = { files: [resolve(config)], patterns: [], folder };
  while (!state.isStopped) {
    changed = Promise.withResolvers();
    modules.refresh();
    // What they hold now is what is tested: a change from here on is one.
    const before = await digestsNow(filesOf(options, read, modules));
    await test(options, terminal, {
      loadModules: moduleLoader(modules),
      onRead: (watched) => {
        read = watched;
      },
    });
    terminal.err(`waiting for a change of ${relative('', folder) || 'this folder'}`);
    await follow.follow(
      {
        files: filesOf(options, read, modules),
        patterns: [...read.patterns, TEST_FILES],
        folder,
      },
      new Map([...before, ...modules.digests]) satisfies Digests,
    );
    await changed.promise;
  }
  follow.close();
  return EXIT.ok;
}

function filesOf(
  { files, config }: TestOptions,
  read: WatchedFiles,
  modules: FreshModules,
): readonly string[] {
  const own = new Set([...read.files, ...modules.files]);
  try {
    for (const file of testFiles(files, config)) own.add(resolve(file));
  } catch (error) {
    if (!(error instanceof NoTestFile)) throw error;
  }
  return [...own];
}
