/** What `portico audit` tells of token issuers, and of routes that take a token or none. */
import { isPublicHttp, type PluginRisks } from 'portico';
import type { Options, Settings } from './settings.ts';
import { optionalRisk } from './unasked.ts';

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
      const message = 'whoever is on the way can say which tokens are valid: use https';
      yield { rule: 'keys-over-http', path: ['issuers', name, 'jwks'], message };
    }
    for (const [name, { secret }] of all) {
      if (secret === undefined) continue;
      const message = 'whoever verifies these tokens can make them too: prefer a key pair';
      yield { rule: 'shared-secret', path: ['issuers', name, 'secret'], message };
    }
    for (const [name, { audience }] of all) {
      if (audience !== undefined) continue;
      const message = 'tokens that this issuer made for other services are taken too';
      yield { rule: 'no-audience', path: ['issuers', name], message };
    }
  },
  ofOptions: ({ optional }, others, known) => optionalRisk(optional, 'a token', others, known),
};
