/** What the gateway and the engine's thread tell each other. Everything is plain data. */
import type { StoreConfig } from '../config/build/store-config.ts';
import type {
  CallOrder,
  CallResult,
  EngineEvent,
  ListOrder,
  Ordered,
  SettleOrder,
  StartOrder,
} from '../operations/engine.ts';
import type { RecordChange } from '../operations/record-store.ts';

/** What the thread is started with. */
export interface ThreadOrder {
  readonly store: StoreConfig;
  /** Of this life; never used again. */
  readonly executor: string;
  /** Of lives of this process that have ended. */
  readonly former: readonly string[];
  /** Where an embedded store listens: a folder that only this user can read; empty for any other. */
  readonly socketFolder: string;
}

export type Ask =
  | { readonly verb: 'start'; readonly order: StartOrder }
  | { readonly verb: 'find'; readonly id: string }
  | { readonly verb: 'list'; readonly order: ListOrder }
  | { readonly verb: 'counts' }
  | { readonly verb: 'cancel'; readonly id: string; readonly order: Ordered | undefined }
  | { readonly verb: 'settle'; readonly order: SettleOrder }
  | { readonly verb: 'swap'; readonly change: RecordChange };

/** Where a test has the thread stop for good, as a crash would: `before:charge#1`, `effect:charge#1`, `record:charge#1`. */
export type FaultPoint = string;

export type ToThread =
  | { readonly kind: 'ask'; readonly number: number; readonly ask: Ask }
  | { readonly kind: 'called'; readonly number: number; readonly result: CallResult }
  | { readonly kind: 'close'; readonly graceMs: number }
  /** Closing, it is needed for nothing any more. */
  | { readonly kind: 'unneeded' }
  | { readonly kind: 'fault'; readonly at: FaultPoint };

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly number: number; readonly value: unknown }
  | {
      readonly kind: 'failed';
      readonly number: number;
      readonly error: string;
      readonly code?: string | undefined;
    }
  | { readonly kind: 'call'; readonly number: number; readonly order: CallOrder }
  | { readonly kind: 'event'; readonly event: EngineEvent }
  | { readonly kind: 'closed' }
  | { readonly kind: 'reached'; readonly at: FaultPoint };
