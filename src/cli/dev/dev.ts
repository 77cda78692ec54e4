/** `portico dev`: serves as `start` does, and reloads the author's modules too. A fault never ends it. */
import { dirname, resolve } from 'node:path';
import { type GatewayModules, moduleLoader } from '../../assembly/modules.ts';
import { ConfigError, type Fault } from '../../config/fault.ts';
import { systemClock } from '../../core/clock.ts';
import type { Source } from '../../config/yaml/source.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../../gateway.ts';
import type { LogOutput } from '../../observe/log.ts';
import { ConfigWatch } from '../../running/config-watch.ts';
import type { Digests, WatchedFiles } from '../../running/file-content.ts';
import type { ReloadCause } from '../../running/history.ts';
import type { Reload } from '../../running/reloader.ts';
import { hasColours } from '../colours.ts';
import { serve } from '../start.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { driftText } from './drift/drift-text.ts';
import { type Drift, DriftWatch } from './drift/drift-watch.ts';
import { framedFault } from './frame.ts';
import { FreshModules } from './fresh-modules.ts';
import { ANSWERS_DIFFER, readableOutput } from './readable-log.ts';

export interface DevOptions {
  readonly config: string;
}

export async function dev({ config: file }: DevOptions, terminal: Terminal): Promise<number> {
  const logOutput = readableOn(terminal, await terminal.openLog());
  const session = new Session(file, terminal);
  const gateway = await session.started({ logOutput });
  try {
    return await serve(gateway, terminal);
  } finally {
    session.close();
  }
}

const applied = (generation: number, changes: readonly string[]): string =>
  [`applied: version ${generation} serves`, ...changes].join('; ');

/** On a terminal, lines for people; anywhere else JSON, as `start` writes it. */
function readableOn(terminal: Terminal, output: LogOutput): LogOutput {
  if (terminal.columns === undefined) return output;
  return readableOutput(output, { isColoured: hasColours(terminal) });
}

class Session {
  readonly #file: string;
  readonly #terminal: Terminal;
  readonly #modules: FreshModules;
  readonly #watch: ConfigWatch;
  readonly #drift = new DriftWatch((drift) => this.#tellDrift(drift));
  #gateway: Gateway | undefined;
  /** What was read the last time. */
  #read: { readonly watched: WatchedFiles; readonly digests: Digests };
  /** Settles at the next change while there is no gateway. */
  #changed = Promise.withResolvers<void>();
  #following = Promise.resolve();
  #isLoading = false;
  #told: Reload | undefined;

  constructor(file: string, terminal: Terminal) {
    this.#file = file;
    this.#terminal = terminal;
    const folder = dirname(resolve(file));
    this.#read = { watched: { files: [resolve(file)], patterns: [], folder }, digests: new Map() };
    this.#modules = new FreshModules(folder, () => this.#added());
    this.#watch = new ConfigWatch(systemClock, () => {
      if (this.#gateway === undefined) this.#changed.resolve();
      else this.#reload('files');
    });
    terminal.onSignal(['SIGTERM', 'SIGINT'], () => this.#leaveUnstarted());
    terminal.onNpmGone(() => this.#leaveUnstarted());
    terminal.onSignal(['SIGHUP'], () => this.#reload('signal'));
    this.#modules.install();
  }

  /** Once the config and its modules have no fault. */
  async started(options: Pick<GatewayOptions, 'logOutput'>): Promise<Gateway> {
    while (this.#gateway === undefined) {
      this.#changed = Promise.withResolvers();
      this.#gateway = await this.#attempt(options);
      await this.#follow();
      if (this.#gateway === undefined) await this.#changed.promise;
    }
    return this.#gateway;
  }

  close(): void {
    this.#watch.close();
  }

  async #attempt(options: Pick<GatewayOptions, 'logOutput'>): Promise<Gateway | undefined> {
    try {
      return await createGateway({
        ...options,
        file: this.#file,
        environment: this.#terminal.environment,
        loadModules: (source) => this.#load(source),
        watchOf: this.#drift.watch,
        onRead: (watched, digests) => {
          this.#read = { watched, digests };
        },
        onReload: (reload) => this.#tell(reload),
      });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#show(error.faults, 'nothing is served yet: waiting for a change');
      return undefined;
    }
  }

  async #load(source: Source): Promise<GatewayModules> {
    this.#isLoading = true;
    this.#modules.refresh();
    try {
      const modules = await moduleLoader(this.#modules)(source);
      if (modules.findings.length > 0) this.#modules.outdate();
      return modules;
    } finally {
      this.#isLoading = false;
    }
  }

  /** One after the other: each looks at once whether something has changed meanwhile. */
  #follow(): Promise<void> {
    this.#following = this.#following.then(() => this.#followNow());
    return this.#following;
  }

  async #followNow(): Promise<void> {
    const { watched, digests } = this.#read;
    const files = [...new Set([...watched.files, ...this.#modules.files])];
    await this.#watch.follow(
      { ...watched, files },
      new Map([...digests, ...this.#modules.digests]),
    );
  }

  /** A module was imported while requests are served: by `import()` in a handler. */
  #added(): void {
    if (this.#gateway !== undefined && !this.#isLoading) this.#follow().catch(this.#bug);
  }

  #reload(cause: ReloadCause): void {
    if (this.#gateway === undefined) return;
    this.#gateway.reload(cause).catch(this.#bug);
  }

  /** Those who asked at the same time have one reload among them. */
  #tell(reload: Reload): void {
    if (reload === this.#told) return;
    this.#told = reload;
    const { result, faults, generation, changes } = reload;
    if (result === 'rejected') this.#show(faults, 'the previous version keeps serving');
    else if (result === 'applied') this.#terminal.err(applied(generation, changes));
    else this.#terminal.err('a rollback holds until the config files change');
    this.#follow().catch(this.#bug);
  }

  #tellDrift(drift: Drift): void {
    this.#terminal.err(driftText(drift));
    const { upstream, operation, status, differences } = drift;
    for (const { at, says, came } of differences) {
      this.#gateway?.log.warn({ upstream, operation, status, at, says, came }, ANSWERS_DIFFER);
    }
  }

  #show(faults: readonly Fault[], then: string): void {
    for (const fault of faults) this.#terminal.err(framedFault(fault));
    this.#terminal.err(`${faults.length === 1 ? '1 fault' : `${faults.length} faults`}; ${then}`);
  }

  readonly #bug = (error: unknown): void => {
    this.#gateway?.log.error({ err: error }, 'bug');
  };

  #leaveUnstarted(): void {
    if (this.#gateway === undefined) this.#terminal.exit(EXIT.ok);
  }
}
