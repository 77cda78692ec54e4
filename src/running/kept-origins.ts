/**
 * Where the values of the config that serves are from. The config is parsed for it again: a gateway that serves
 * holds nothing that was parsed. What it took is kept only as long as memory is not wanted for something else.
 */
import type { GatewayModules } from '../assembly/modules.ts';
import { ConfigError } from '../config/fault.ts';
import type { Loaded } from '../config/load.ts';
import type { Snapshot } from '../config/yaml/source.ts';
import type { ConfigLoader } from './config-loader.ts';
import { Turns } from './turns.ts';

type OriginOf = Loaded<GatewayModules>['originOf'];

export class KeptOrigins {
  readonly #loader: Pick<ConfigLoader, 'originsOf'>;
  /** Configs may be long: one is parsed after the other. */
  readonly #turns = new Turns();
  #known: { readonly number: number; readonly originOf: WeakRef<OriginOf> } | undefined;

  constructor(loader: Pick<ConfigLoader, 'originsOf'>) {
    this.#loader = loader;
  }

  /**
   * Of the generation `number`, whose texts are in `snapshot`; `undefined` if they have faults by now, such as a
   * file that is gone.
   */
  of(number: number, snapshot: Snapshot): Promise<OriginOf | undefined> {
    return this.#turns.next(() => this.#of(number, snapshot));
  }

  async #of(number: number, snapshot: Snapshot): Promise<OriginOf | undefined> {
    const known = this.#known?.number === number ? this.#known.originOf.deref() : undefined;
    if (known !== undefined) return known;
    try {
      const originOf = await this.#loader.originsOf(snapshot);
      this.#known = { number, originOf: new WeakRef(originOf) };
      return originOf;
    } catch (error) {
      if (error instanceof ConfigError) return undefined;
      throw error;
    }
  }
}
