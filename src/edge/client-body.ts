/**
 * Who takes the body of a client's request: a hook that reads all of it, then the action, which gets the
 * same bytes; or the action alone, as they come.
 */
import type { UploadLimits } from './client-upload.ts';

export class ClientBody {
  /** Set once a route has been matched. */
  limits: UploadLimits | undefined;
  /** Somebody has begun to take it. */
  isTaken = false;
  /** All of it, where a hook has read it. */
  bytes: Buffer | undefined;
  #reading: Promise<Buffer> | undefined;

  /** All of it, read once; `read` does it. */
  whole(read: () => Promise<Buffer>): Promise<Buffer> {
    return (this.#reading ??= read());
  }
}
