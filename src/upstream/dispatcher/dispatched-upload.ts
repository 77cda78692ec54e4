/** The streamed body of a dispatched request, as a body that attempts can send and repeat. */
import type { Readable } from 'node:stream';
import { errors } from 'undici';
import type { Clock } from '../../core/clock.ts';
import { Upload } from '../../core/upload.ts';

/** How much is kept for another attempt. */
const KEPT_BYTES = 65_536;

export interface DispatchedUploadOptions {
  readonly source: Readable;
  /** The declared length; `undefined`: it comes in chunks. */
  readonly length: number | undefined;
  readonly clock: Clock;
  /** The longest pause of either side, in milliseconds. */
  readonly idleMs: number;
  /** Ends the call: the source failed, paused too long, or was not as long as declared. */
  readonly onFault: (error: Error) => void;
}

export function dispatchedUpload({
  source,
  length,
  clock,
  idleMs,
  onFault,
}: DispatchedUploadOptions): Upload {
  const upload = new Upload(source, length, {
    clock,
    // It streams: nothing is kept but what another attempt needs.
    limitBytes: Number.POSITIVE_INFINITY,
    keepBytes: KEPT_BYTES,
    idleMs,
    stallMs: idleMs,
    onFault,
    onFirstRead: () => undefined,
  });
  source.on('error', onFault);
  source.once('close', () => {
    if (!upload.isEnded) onFault(new errors.InvalidArgumentError('the body ended early'));
  });
  if (length !== undefined) mustMatch(upload, length, onFault);
  return upload;
}

/** The target's own client would take a wrong length for a failure of the target. */
function mustMatch(upload: Upload, length: number, onFault: (error: Error) => void): void {
  const isWrong = (): boolean => upload.received > length;
  const fail = (): void =>
    onFault(new errors.InvalidArgumentError('content-length is not the length of the body'));
  upload.copyTo(() => isWrong() && fail());
  upload.onEnd(() => upload.received !== length && fail());
}
