/** The client of Postgres, as far as it is used here; it brings no types. */
declare module 'pg' {
  export interface PoolConfig {
    readonly connectionString?: string;
    readonly host?: string;
    readonly user?: string;
    readonly database?: string;
    readonly max?: number;
    readonly keepAlive?: boolean;
    readonly connectionTimeoutMillis?: number;
    readonly idleTimeoutMillis?: number;
  }

  interface Result<R> {
    readonly rows: readonly R[];
    readonly rowCount: number | null;
  }

  interface Queries {
    query<R>(text: string, values?: readonly unknown[]): Promise<Result<R>>;
  }

  export interface PoolClient extends Queries {
    release(): void;
    on(event: 'error', listener: (error: Error) => void): this;
  }

  export class Pool implements Queries {
    constructor(config: PoolConfig);
    query<R>(text: string, values?: readonly unknown[]): Promise<Result<R>>;
    connect(): Promise<PoolClient>;
    end(): Promise<void>;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'connect', listener: (client: PoolClient) => void): this;
  }
}
