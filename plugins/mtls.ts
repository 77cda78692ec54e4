/**
 * Identifies clients by their certificates: `request.consumer` is the one that the certificate names.
 *
 * TLS has already verified it against `server.tls.clientCa`. It belongs to the connection: behind a
 * proxy that terminates TLS, it would be the proxy's.
 */
import {
  type ClientCertificate,
  type Consumer,
  definePlugin,
  GatewayError,
  type RequestHook,
  z,
} from 'portico';
import { optionalNow, optionalRisk } from './shared/optional-credential.ts';

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
  isOptional: ({ required }) => !required,
  requires: 'clientCertificates',
  document: ({ required }) => ({
    security: [[{ name: 'mtls', scheme: { type: 'mutualTLS' } }], ...(required ? [] : [[]])],
    errors: required ? ['GW_TOKEN_MISSING'] : [],
  }),
  settings: z.strictObject({}),
  options: Options,
  risks: {
    rules: { 'optional-token': 'low' },
    ofOptions: ({ required }, others, known) =>
      optionalRisk(!required, 'a certificate', others, known),
  },
  loosened: {
    *ofOptions(before, after, others, known) {
      if (before === undefined || after === undefined) return;
      const optional = { key: 'required', what: 'a certificate' };
      yield* optionalNow(!before.required, !after.required, optional, known.insistingOn(others));
    },
  },
  register: () => ({
    route({ required }) {
      const identify: RequestHook = (request) => {
        const { certificate } = request.gateway;
        const consumer = certificate && consumerOf(certificate);
        if (consumer !== undefined) request.consumer = consumer;
        else if (required) throw missing();
      };
      return {
        phase: 'authenticate',
        onRequest: identify,
        explain: () => ({
          says: 'an explained request has no certificate',
          isCertain: false,
          ...(required && { refusal: missing() }),
        }),
      };
    },
  }),
});

/** By common name, or else by the first name that is a URI or a host's; none if it has neither. */
function consumerOf(certificate: ClientCertificate): Consumer | undefined {
  const { subject, commonName, names, issuer, fingerprint } = certificate;
  const id = commonName ?? names.find(isIdentity)?.replace(/^\w+:/, '');
  if (id === undefined || id === '') return undefined;
  const claims = { sub: id, subject, names, fingerprint };
  return { id, via: 'mtls', issuer, scopes: NO_SCOPES, claims };
}

const isIdentity = (name: string): boolean => /^(URI|DNS):/.test(name);

const NO_SCOPES: ReadonlySet<string> = new Set();

/** A 401 needs a challenge (RFC 9110 §15.5.2); this one is not a standard HTTP scheme. */
const missing = (): GatewayError =>
  new GatewayError('GW_TOKEN_MISSING', 'a client certificate is required', {
    headers: { 'www-authenticate': 'ClientCertificate' },
  });
