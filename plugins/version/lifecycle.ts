/**
 * What a version says of itself in each response: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), and links to what
 * to do about it (RFC 8288). None of it depends on the request, so it is text from the start.
 */
import { GatewayError, type ResponseHead } from 'portico';
import type { Life } from './options.ts';

export class Version {
  readonly name: string;
  readonly #life: Life;
  readonly #deprecation: string | undefined;
  readonly #sunset: string | undefined;
  readonly #links: string | undefined;
  /** Milliseconds since 1970; `Infinity`: it is always served. */
  readonly #goneAt: number;

  constructor(name: string, life: Life) {
    const { deprecated, sunset, afterSunset } = life;
    this.name = name;
    this.#life = life;
    // A structured field of the type Date (RFC 9651 §3.3.7).
    this.#deprecation = deprecated === undefined ? undefined : `@${Math.floor(deprecated / 1_000)}`;
    this.#sunset = sunset === undefined ? undefined : httpDate(sunset);
    this.#links = linksOf(life);
    this.#goneAt =
      sunset !== undefined && afterSunset === 'gone' ? sunset : Number.POSITIVE_INFINITY;
  }

  /** It has a date by which clients should have moved on. */
  get isEnding(): boolean {
    return this.#life.deprecated !== undefined || this.#life.sunset !== undefined;
  }

  isGone(now: number): boolean {
    return now >= this.#goneAt;
  }

  /** @throws GW_GONE once its sunset is past, if it ends then */
  mustBeServed(now: number): void {
    if (!this.isGone(now)) return;
    const { successor, link } = this.#life;
    const instead = successor === undefined ? '' : `; use ${successor}`;
    const detail = `${this.name} ended on ${this.#sunset}${instead}`;
    const extensions = {
      version: this.name,
      ...(successor && { successor }),
      ...(link && { link }),
    };
    throw new GatewayError('GW_GONE', detail, { reason: 'version-gone', extensions });
  }

  /** Its fields replace those of an upstream; links are added. */
  tell({ headers }: ResponseHead): void {
    if (this.#deprecation !== undefined) headers['deprecation'] = this.#deprecation;
    if (this.#sunset !== undefined) headers['sunset'] = this.#sunset;
    if (this.#links === undefined) return;
    const known = headers['link'];
    headers['link'] = known === undefined ? this.#links : [known, this.#links].flat().join(', ');
  }

  /** For operators. */
  says(now: number): string {
    const { deprecated, sunset } = this.#life;
    const dated = [
      deprecated === undefined
        ? []
        : `deprecated ${deprecated <= now ? 'since' : 'as of'} ${dayOf(deprecated)}`,
      sunset === undefined ? [] : `${sunset <= now ? 'ended on' : 'ends on'} ${dayOf(sunset)}`,
    ].flat();
    return dated.length === 0 ? this.name : `${this.name}, ${dated.join(', ')}`;
  }
}

function linksOf({ deprecated, sunset, link, successor }: Life): string | undefined {
  const links = [
    link !== undefined && deprecated !== undefined ? `<${link}>; rel="deprecation"` : [],
    link !== undefined && sunset !== undefined ? `<${link}>; rel="sunset"` : [],
    successor === undefined ? [] : `<${successor}>; rel="successor-version"`,
  ].flat();
  return links.length === 0 ? undefined : links.join(', ');
}

/** RFC 9110 §5.6.7. */
const httpDate = (ms: number): string => new Date(ms).toUTCString();

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
