/**
 * Tracks who reads the body of a client's request: a hook that reads all of it, and then the action,
 * which gets the same bytes; or the action alone, as a stream.
 */
import type { UploadLimits } from './client-upload.ts';

export class ClientBody {
  /** Set once a route has been matched. */
  limits: UploadLimits | undefined;
  /** Somebody has begun to read it. */
  isTaken = false;
  /** The whole body, if a hook has read it. */
  bytes: Buffer | undefined;
  #reading: Promise<Buffer> | undefined;

  /** The whole body; the first call reads it with `read`. */
  whole(read: () => Promise<Buffer>): Promise<Buffer> {
    return (this.#reading ??= read());
  }
}
