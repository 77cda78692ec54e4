/** Finds the route of a request with the real matcher and a real config. */
import { canonicalHost, hostName } from '../../src/core/canonical-host.ts';
import { Matcher, type MatchResult } from '../../src/routes/matcher.ts';
import { startGateway } from '../gateway/support/gateway.ts';

export interface Asked {
  readonly method?: string;
  readonly host?: string;
  readonly query?: string;
  /** A list stands for several lines of one field. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

type Matches = Readonly<Record<string, object>>;

function routeOf(written: object): object {
  if (Array.isArray(written)) return { match: written, respond: {} };
  const { priority, ...match }: { priority?: number } = written;
  return { match, ...(priority === undefined ? {} : { priority }), respond: {} };
}

/** A matcher for `matches`; `priority` may be given beside a match, and a list has several for one route. */
export async function matcherOf(
  matches: Matches,
): Promise<(path: string, asked?: Asked) => MatchResult> {
  const routes = Object.entries(matches).map(([name, written]) => [name, routeOf(written)]);
  const { gateway } = await startGateway({ config: { routes: Object.fromEntries(routes) } });
  const matcher = new Matcher(gateway.config.routes);
  return (path, { method = 'GET', host = 'a.example', query = '', headers = {} } = {}) =>
    matcher.find({
      method,
      path,
      query,
      host: hostName(canonicalHost(host) ?? host),
      ...fieldsOf(headers),
    });
}

/** Fields as Node gives them: joined, and line by line. */
function fieldsOf(headers: NonNullable<Asked['headers']>) {
  const lines = Object.entries(headers).map(([name, value]) => [name, [value].flat()] as const);
  const joined = lines.map(([name, values]) => [
    name,
    values.join(name === 'cookie' ? '; ' : ', '),
  ]);
  return {
    headers: Object.fromEntries(joined) as Record<string, string>,
    rawHeaders: lines.flatMap(([name, values]) => values.flatMap((value) => [name, value])),
  };
}

/** The route's name, or `405 GET, HEAD` or `404` if there is none. */
export function nameOf(result: MatchResult): string {
  if (result.kind === 'match') return result.match.route.name;
  if (result.kind === 'ambiguous') return `400 ${result.detail}`;
  return result.kind === 'method' ? `405 ${result.allow.join(', ')}` : '404';
}
