/** Which changes admit tokens that were refused before, or requests without one. */
import type { Loosening, PluginLoosening } from 'portico';
import { optionalNow } from '../shared/optional-credential.ts';
import { isLooser, requirementText } from '../shared/requirement.ts';
import type { Issuer, Options, Settings } from './settings.ts';

export const loosened: PluginLoosening<Settings, Options> = {
  *ofSettings(before, after) {
    for (const [name, issuer] of Object.entries(after.issuers)) {
      const old = before.issuers[name];
      if (old !== undefined) yield* ofIssuer(name, old, issuer);
    }
    const [list, now] = [before.revocations, after.revocations];
    if (list !== undefined && (list.redis !== now?.redis || list.prefix !== now.prefix)) {
      const message = 'tokens that were revoked in the shared list may be accepted';
      yield { path: ['revocations'], message };
    }
  },
  *ofOptions(before, after, others, known) {
    if (before === undefined || after === undefined) return;
    yield* optionalNow(
      before.optional,
      after.optional,
      { key: 'optional', what: 'a token' },
      known.insistingOn(others),
    );
    const more = after.issuer.filter((name) => !before.issuer.includes(name));
    if (more.length > 0) {
      yield { path: ['issuer'], message: `tokens of ${more.join(', ')} are accepted too` };
    }
    for (const key of ['scopes', 'roles'] as const) {
      const [old, now] = [before, after].map((each) => ({ names: each[key], match: each.match }));
      if (!isLooser(old!, now!)) continue;
      const needs = `a token needs ${requirementText(now!, key)}`;
      yield { path: [key], message: `${needs}; before, it needed ${requirementText(old!, key)}` };
    }
    if (before.rolesClaim !== after.rolesClaim && after.roles.length > 0) {
      const claim = after.rolesClaim ?? 'the claim of the issuer';
      yield { path: ['rolesClaim'], message: `roles are read from ${claim} now` };
    }
    if (after.cookie !== undefined && after.cookie !== before.cookie) {
      yield { path: ['cookie'], message: `the cookie ${after.cookie} may hold the token too` };
    }
    if (after.protocol !== undefined && after.protocol !== before.protocol) {
      const message = `the subprotocol after ${after.protocol} may be the token too`;
      yield { path: ['protocol'], message };
    }
  },
};

function* ofIssuer(name: string, before: Issuer, after: Issuer): Generator<Loosening> {
  const at = ['issuers', name];
  const [old, now] = [audiences(before), audiences(after)];
  if (old.length > 0 && now.length === 0) {
    const message = `tokens that ${name} made for any service are accepted`;
    yield { path: [...at, 'audience'], message, severity: 'high' };
  } else if (old.length > 0 && now.some((each) => !old.includes(each))) {
    const more = now.filter((each) => !old.includes(each)).join(', ');
    yield { path: [...at, 'audience'], message: `tokens of ${name} for ${more} are accepted too` };
  }
  if (before.issuer !== after.issuer) {
    yield { path: [...at, 'issuer'], message: `another issuer counts as ${name}` };
  }
  const more = after.algorithms.filter((each) => !before.algorithms.includes(each));
  if (more.length > 0) {
    const message = `tokens of ${name} signed with ${more.join(', ')} are accepted too`;
    yield { path: [...at, 'algorithms'], message };
  }
  for (const key of ['jwks', 'key', 'secret'] as const) {
    if (after[key] === undefined || after[key] === before[key]) continue;
    yield { path: [...at, key], message: `other keys decide which tokens of ${name} are valid` };
  }
  if (after.leeway > before.leeway) {
    const message = `tokens of ${name} are accepted for longer after they have expired`;
    yield { path: [...at, 'leeway'], message, severity: 'low' };
  }
  if (before.rolesClaim !== after.rolesClaim) {
    const message = `roles in tokens of ${name} are read from ${after.rolesClaim} now`;
    yield { path: [...at, 'rolesClaim'], message };
  }
}

const audiences = ({ audience }: Issuer): readonly string[] =>
  audience === undefined ? [] : [audience].flat();
