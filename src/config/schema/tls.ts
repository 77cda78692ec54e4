/** What `server.tls` may say. */
import { z } from 'zod';

const pem = (what: string) =>
  z
    .string()
    .min(1)
    .describe(`${what}: a PEM file, named from the config's folder, or its text (\`\${file:…}\`).`);

const CERT = 'Certificate, with those between it and its authority';

export const ServerTls = z
  .strictObject({
    cert: pem(CERT).optional(),
    key: pem('Its private key').optional(),
    certificates: z
      .array(
        z
          .strictObject({ cert: pem(CERT), key: pem('Its private key') })
          .describe('A certificate and its key.'),
      )
      .min(1)
      .optional()
      .describe(
        'Several, chosen by the names in each; the first is for clients that ask for none of them.',
      ),
    clientCa: pem('Authorities whose client certificates are accepted').optional(),
    clientAuth: z
      .enum(['required', 'optional'])
      .optional()
      .describe(
        'Connections without a valid client certificate are refused, or served without one; `required` where there is a `clientCa`.',
      ),
    minVersion: z
      .enum(['TLSv1.2', 'TLSv1.3'])
      .default('TLSv1.2')
      .describe('Oldest version that is spoken.'),
  })
  .describe('TLS on this port. The files are watched: what changes is used for new connections.');
export type ParsedServerTls = z.output<typeof ServerTls>;
