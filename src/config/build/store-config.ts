/** Where operations are kept, ready to run on. */

export interface StoreConfig {
  readonly place:
    | { readonly kind: 'postgres'; readonly url: string }
    /** A folder of one gateway's own, by its absolute path. */
    | { readonly kind: 'embedded'; readonly folder: string };
  /** Promised to be no other's: what its former lives left is taken over at once. Absent: nothing is promised. */
  readonly node?: string;
  /** Tables are made and changed at the start. */
  readonly migrate: boolean;
  /** Longest time that a request waits for it. */
  readonly timeoutMs: number;
  readonly connections: number;
  readonly heartbeatMs: number;
  /** Silence after which a gateway counts as dead. */
  readonly deadMs: number;
  readonly schemas: { readonly own: string; readonly engine: string };
}

/** Seals what sagas call secret. */
export interface SealKey {
  readonly id: string;
  /** 32 bytes in base64. */
  readonly key: string;
}
