/**
 * Follows `GET /events`: a snapshot each second, through restarts of the gateway and breaks of the network.
 *
 * It reads the stream by `fetch`, because an EventSource can send no token and does not tell why it was refused.
 * A stream that is silent for {@link SILENT_MS} is taken for dead, as that of a machine that fell asleep is.
 */
import { events } from './event-stream.js';

/** @import { Snapshot } from '../page-data.ts' */

/**
 * `lost` comes with the reason, and the moment of the next try in milliseconds since 1970.
 *
 * @typedef {{ kind: 'connecting' } | { kind: 'live' } | { kind: 'lost', why: string, retryAt: number }} Connection
 */
/**
 * @typedef FollowOptions
 * @property {() => Record<string, string>} headers  of each request
 * @property {(snapshot: Snapshot) => void} onSnapshot
 * @property {(connection: Connection) => void} onConnection
 */

const SILENT_MS = 5_000;
/** Waits before the tries after a loss; the last one is repeated. */
const WAITS_MS = [500, 1_000, 2_000, 5_000];

/**
 * Follows until the page is closed.
 *
 * @param {FollowOptions} options
 * @returns {{ retry: () => void }}  `retry` ends a wait at once
 */
export function followEvents(options) {
  let retry = () => {};
  const follow = async () => {
    for (let losses = 0; ; losses += 1) {
      const why = await followOnce(options, () => {
        losses = 0;
      });
      const waitMs = WAITS_MS[Math.min(losses, WAITS_MS.length - 1)] ?? 0;
      options.onConnection({ kind: 'lost', why, retryAt: Date.now() + waitMs });
      await new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
        retry = resolve;
        setTimeout(resolve, waitMs);
      });
    }
  };
  void follow();
  return { retry: () => retry() };
}

/**
 * @param {FollowOptions} options
 * @param {() => void} onFirst  called with the first snapshot
 * @returns {Promise<string>} why it ended
 */
async function followOnce({ headers, onSnapshot, onConnection }, onFirst) {
  const silence = new AbortController();
  let timer = 0;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENT_MS);
  };
  try {
    heard();
    const response = await fetch('events', { headers: headers(), signal: silence.signal });
    if (!response.ok || response.body === null) return await refusalOf(response);
    for await (const { event, data } of events(response.body, heard)) {
      if (event !== 'snapshot') continue;
      onFirst();
      onConnection({ kind: 'live' });
      onSnapshot(JSON.parse(data));
    }
    return 'the gateway ended the stream';
  } catch {
    return silence.signal.aborted
      ? 'the gateway has fallen silent'
      : 'the gateway cannot be reached';
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

/** @param {Response} response */
async function refusalOf(response) {
  const body = await response.json().catch(() => ({}));
  return typeof body.error === 'string' ? body.error : `status ${response.status}`;
}
