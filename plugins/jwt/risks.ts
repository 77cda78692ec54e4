/** The findings of `portico audit` about token issuers, and about routes with optional tokens. */
import { isPublicHttp, type PluginRisks } from 'portico';
import type { Options, Settings } from './settings.ts';
import { optionalRisk } from '../shared/optional-credential.ts';

export const risks: PluginRisks<Settings, Options> = {
  rules: {
    'keys-over-http': 'high',
    'shared-secret': 'low',
    'no-audience': 'low',
    'optional-token': 'low',
  },
  *ofSettings({ issuers }) {
    const all = Object.entries(issuers);
    for (const [name, { jwks }] of all) {
      if (jwks === undefined || !isPublicHttp(jwks)) continue;
      const message = 'anyone on the network path can decide which tokens are valid: use https';
      yield { rule: 'keys-over-http', path: ['issuers', name, 'jwks'], message };
    }
    for (const [name, { secret }] of all) {
      if (secret === undefined) continue;
      const message = 'anyone who can verify these tokens can also issue them: prefer a key pair';
      yield { rule: 'shared-secret', path: ['issuers', name, 'secret'], message };
    }
    for (const [name, { audience }] of all) {
      if (audience !== undefined) continue;
      const message = 'tokens that this issuer made for other services are accepted too';
      yield { rule: 'no-audience', path: ['issuers', name], message };
    }
  },
  ofOptions: ({ optional }, others, known) => optionalRisk(optional, 'a token', others, known),
};
