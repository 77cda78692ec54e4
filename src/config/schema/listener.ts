/**
 * The schema of one place where the gateway listens: a port or a unix socket.
 *
 * The keys stand below a name in `server.listeners`, or directly in `server` if there is only one.
 */
import { z } from 'zod';
import { socketPathFault } from '../../core/socket-path.ts';
import { ServerTls } from './tls.ts';
import { addressRange, shown } from './types.ts';

export const port = (what: string) => z.int().min(0).max(65_535).describe(what);

const socketPath = () =>
  z.string().superRefine((path, context) => {
    const message = socketPathFault(path);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** `"0660"` → 0o660. */
const fileMode = () =>
  z
    .string({
      error: (issue) => `expected a mode in quotes, such as "0660", found ${shown(issue.input)}`,
    })
    .regex(/^0?[0-7]{3}$/, { error: (issue) => `${shown(issue.input)} is not a mode like "0660"` })
    .transform((text) => Number.parseInt(text, 8));

const proxyVersion = () => z.enum(['v1', 'v2']);

/** What a listener may have besides its host and port. */
export const LISTENER_SHAPE = {
  socket: socketPath()
    .optional()
    .describe('Path of a unix socket to listen on, instead of a port. It is removed at the end.'),
  mode: fileMode()
    .optional()
    .meta({ default: '0660' })
    .describe('Who may connect to `socket`: its file mode. Connecting takes the right to write.'),
  tls: ServerTls.optional(),
  http2: z
    .enum(['alpn', 'prior', 'none'])
    .optional()
    .describe(
      '`alpn`: HTTP/2 where clients choose it in the TLS handshake. `prior`: without TLS, on connections that begin with it (h2c); all others speak HTTP/1.1. `none`: HTTP/1.1 alone. Default: `alpn` with `tls`, otherwise `none`.',
    ),
  redirectHttps: z
    .union([
      z.boolean(),
      z.strictObject({
        port: z
          .int()
          .min(1)
          .max(65_535)
          .default(443)
          .describe('Port for https, as clients reach it.'),
      }),
    ])
    .optional()
    .describe(
      'Answers with 308 to the same host, path and query over https. Requests of which a trusted proxy says that they came by https are served. Default: everything is served.',
    ),
  proxyProtocol: z
    .union([
      proxyVersion(),
      z.strictObject({
        version: proxyVersion().describe('`v1` is text, `v2` binary; the other one is refused.'),
        from: z
          .array(addressRange())
          .min(1)
          .optional()
          .describe('Proxies that may connect. Default: `server.trustedProxies`.'),
      }),
    ])
    .optional()
    .describe(
      'Connections begin with the header of the PROXY protocol, which tells the address of the client. Those of others, and those without it, are closed.',
    ),
} as const;

export const Listener = z
  .strictObject({
    host: z.string().min(1).default('0.0.0.0').describe('Address to listen on.'),
    port: port('Port to listen on; 0 picks a free one.').optional(),
    ...LISTENER_SHAPE,
  })
  .describe('A port or a unix socket.');

export type ParsedListener = z.output<typeof Listener>;
