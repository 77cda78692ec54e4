/** The schema of `server.tls`. */
import { z } from 'zod';

const pem = (what: string) =>
  z
    .string()
    .min(1)
    .describe(`${what}: a PEM file, relative to the config, or its text (\`\${file:…}\`).`);

const CERT = 'Certificate, with its intermediate certificates';

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
        'Several, chosen by the names in each; clients that ask for none of them get the first.',
      ),
    clientCa: pem('Authorities whose client certificates are accepted').optional(),
    clientAuth: z
      .enum(['required', 'optional'])
      .optional()
      .describe(
        'Whether connections without a valid client certificate are refused or served. Default: `required` with a `clientCa`.',
      ),
    minVersion: z
      .enum(['TLSv1.2', 'TLSv1.3'])
      .default('TLSv1.2')
      .describe('Oldest version accepted.'),
  })
  .describe('TLS on this port. The files are watched, and changes apply to new connections.');
export type ParsedServerTls = z.output<typeof ServerTls>;
