/**
 * Knows clients by their certificates: `request.consumer` is who the certificate names.
 *
 * TLS has verified it against `server.tls.clientCa` by then. It is that of the connection: behind a
 * proxy that ends TLS, it would be the proxy's.
 */
import { type ClientCertificate, type Consumer, definePlugin, GatewayError, z } from 'portico';
import { optionalRisk } from './jwt/unasked.ts';

const Options = z
  .strictObject({
    required: z
      .boolean()
      .default(true)
      .describe('Answers 401 to a client without a certificate; false admits it as anonymous.'),
  })
  .describe('Identifies clients by their certificates; needs `server.tls.clientCa`.');

export default definePlugin({
  name: 'mtls',
  identifies: true,
  requires: 'clientCertificates',
  settings: z.strictObject({}),
  options: Options,
  risks: {
    rules: { 'optional-token': 'low' },
    ofOptions: ({ required }, others, known) =>
      optionalRisk(!required, 'a certificate', others, known),
  },
  register: () => ({
    route: ({ required }) => ({
      phase: 'authenticate',
      onRequest(request) {
        const { certificate } = request.gateway;
        const consumer = certificate && consumerOf(certificate);
        if (consumer !== undefined) request.consumer = consumer;
        else if (required) throw missing();
      },
    }),
  }),
});

/** By common name, else by the first name that is a URI or a host's; nobody where it has neither. */
function consumerOf(certificate: ClientCertificate): Consumer | undefined {
  const { subject, commonName, names, issuer, fingerprint } = certificate;
  const id = commonName ?? names.find(isIdentity)?.replace(/^\w+:/, '');
  if (id === undefined || id === '') return undefined;
  const claims = { sub: id, subject, names, fingerprint };
  return { id, via: 'mtls', issuer, scopes: NO_SCOPES, claims };
}

const isIdentity = (name: string): boolean => /^(URI|DNS):/.test(name);

const NO_SCOPES: ReadonlySet<string> = new Set();

/** A challenge has to go with a 401 (RFC 9110 §15.5.2); no scheme of HTTP's own is meant by it. */
const missing = (): GatewayError =>
  new GatewayError('GW_TOKEN_MISSING', 'a client certificate is required', {
    headers: { 'www-authenticate': 'ClientCertificate' },
  });
