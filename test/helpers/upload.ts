/** A client's body whose client is the test. */
import { PassThrough } from 'node:stream';
import { systemClock } from '../../src/core/clock.ts';
import type { GatewayError } from '../../src/core/errors.ts';
import { Upload, type UploadOptions } from '../../src/core/upload.ts';

export interface Sending {
  readonly upload: Upload;
  /** Write to it what the client sends. */
  readonly client: PassThrough;
  readonly faults: GatewayError[];
  /** How often the client was told to go on. */
  continued: number;
}

export function sending(options: Partial<UploadOptions> = {}, length?: number): Sending {
  const client = new PassThrough();
  const faults: GatewayError[] = [];
  const upload = new Upload(client, length, {
    clock: systemClock,
    limitBytes: 1_048_576,
    keepBytes: 65_536,
    idleMs: 30_000,
    stallMs: 30_000,
    onFault: (error) => faults.push(error),
    onFirstRead: () => (world.continued += 1),
    ...options,
  });
  const world: Sending = { upload, client, faults, continued: 0 };
  return world;
}

/** Lets streams hand on what they hold; they do so in ticks, never by timers. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await new Promise<void>((resolve) => {
      process.nextTick(resolve);
    });
  }
}
