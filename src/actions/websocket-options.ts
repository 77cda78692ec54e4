/** What a route says of WebSockets. */
import { z } from 'zod';
import { duration, positiveDuration, shown, size } from '../config/schema/types.ts';
import type { WebsocketConfig } from '../routes/websocket.ts';

/** As browsers send it (RFC 6454 §6.2): in any other form it would never match. */
const pageOrigin = () =>
  z.string().refine((text) => /^[a-z][a-z\d+.-]*:\/\/[^/?#@\s]+$/.test(text) && isSent(text), {
    error: (issue) =>
      `${shown(issue.input)} is not an origin as browsers send it, such as https://shop.example.com`,
  });

/** The parser knows no origin of apps' own schemes, such as `capacitor://localhost`. */
const isSent = (text: string): boolean =>
  URL.canParse(text) && ['null', text].includes(new URL(text).origin);

/** Nobody waits longer, and timers take no more. */
const MAX_MS = 86_400_000;
const MAX_TEXT = 'must be at most 24h';

const Options = z.strictObject({
  origins: z
    .array(pageOrigin())
    .min(1)
    .optional()
    .describe(
      'Pages that may open a socket, by their `Origin`; all others get 403. If absent, a request with a cookie must come from a page of the same origin. Clients that are not browsers send no `Origin` and may always.',
    ),
  idle: positiveDuration()
    .refine((ms) => ms <= MAX_MS, MAX_TEXT)
    .prefault('5m')
    .describe('A socket on which no frame passes for this long is closed, with 1001.'),
  ping: duration()
    .refine((ms) => ms <= MAX_MS, MAX_TEXT)
    .prefault('30s')
    .describe(
      'A side that is silent for this long is pinged by the gateway, and cut if it does not answer within the same time; 0s never pings.',
    ),
  maxPayload: size()
    .refine((bytes) => bytes > 0, 'must be more than 0B')
    .prefault('1MiB')
    .describe(
      'Longest message, as sent: compressed if it is. A longer one closes the socket, with 1009.',
    ),
  perConsumer: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Sockets that one consumer may have open here, or one address if nobody is authenticated; further ones get 429.',
    ),
  expire: z
    .enum(['close', 'ignore'])
    .default('close')
    .describe(
      'What happens when the token of the client expires (`exp`): the socket is closed, with 1008, or stays.',
    ),
});

export const Websocket = z
  .union([z.boolean(), Options])
  .describe(
    'Clients may open WebSockets here; `true` is all defaults. Without it, a request for one is served as a plain request.',
  );

/** `false` where the route opens none. */
export function buildWebsocket(written: z.output<typeof Websocket>): WebsocketConfig | false {
  if (written === false) return false;
  const { origins, idle, ping, maxPayload, perConsumer, expire } =
    written === true ? Options.parse({}) : written;
  return {
    origins,
    idleMs: idle,
    pingMs: ping === 0 ? undefined : ping,
    maxPayloadBytes: maxPayload,
    perConsumer,
    endsWithToken: expire === 'close',
  };
}
