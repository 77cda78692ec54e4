/** A match as one readable line. */
import type { MatchConfig } from '../config/build/config.ts';

/** `GET,POST shop.example.com/api/orders/* [header x-version]` */
export function formatMatch(match: MatchConfig): string {
  const methods = match.methods?.join(',') ?? 'any';
  const path = match.path?.text ?? (match.pathRegex === undefined ? '/*' : `~${match.pathRegex}`);
  const hosts = match.hosts?.join(',') ?? '';
  const asks = [
    ...match.headers.map(([name]) => `header ${name}`),
    ...match.cookies.map(([name]) => `cookie ${name}`),
    ...match.query.map(([name]) => `query ${name}`),
  ];
  return `${methods} ${hosts}${path}${asks.length === 0 ? '' : ` [${asks.join(', ')}]`}`;
}
