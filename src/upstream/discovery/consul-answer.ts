/** Reads and validates Consul's answer about a service. */
import { isIP } from 'node:net';
import type { TargetConfig } from '../../config/build/config.ts';
import { parseJson } from '../../core/json.ts';
import { originOf, type Scheme, targetList } from './target-list.ts';

type Json = Readonly<Record<string, unknown>>;

const MAX_WEIGHT = 65_535;
const HOSTNAME = /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/;

/**
 * The instances in `bytes`, an answer to `GET /v1/health/service/:service`.
 *
 * An instance without a port cannot be called, so it is left out.
 *
 * @throws {Error} when it is not such an answer; the message never quotes it
 */
export function instancesOf(bytes: Buffer, scheme: Scheme): TargetConfig[] {
  const entries = parseJson(bytes);
  if (!Array.isArray(entries)) throw new Error('the answer is not a list');
  const instances = entries.map((entry: unknown, i) => readInstance(entry, `[${i}]`));
  return targetList(
    instances
      .filter(({ port }) => port > 0)
      .map(({ address, port, weight }) => ({ origin: originOf(scheme, address, port), weight })),
  );
}

interface Instance {
  readonly address: string;
  /** 0: none. */
  readonly port: number;
  readonly weight: number;
}

function readInstance(entry: unknown, at: string): Instance {
  const { Node: node, Service: service } = mapAt(entry, at);
  const { Address: own, Port: port, Weights: weights } = mapAt(service, `${at}.Service`);
  // Empty if the service has the address of its node.
  const address = own === undefined || own === '' ? mapAt(node, `${at}.Node`)['Address'] : own;
  if (typeof address !== 'string' || (isIP(address) === 0 && !HOSTNAME.test(address))) {
    throw new Error(`the answer has no address at ${at}`);
  }
  return { address, port: readPort(port, at), weight: readWeight(weights, at) };
}

function readPort(port: unknown, at: string): number {
  if (isWhole(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`the answer has no port at ${at}.Service.Port`);
}

/** 1 if the answer has none, as before Consul 1.2. */
function readWeight(weights: unknown, at: string): number {
  if (weights === undefined || weights === null) return 1;
  const { Passing: passing = 1 } = mapAt(weights, `${at}.Service.Weights`);
  if (isWhole(passing)) return Math.min(MAX_WEIGHT, Math.max(1, passing));
  throw new Error(`the answer has no weight at ${at}.Service.Weights.Passing`);
}

const isWhole = (value: unknown): value is number => Number.isInteger(value);

function mapAt(value: unknown, at: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new Error(`the answer has no map at ${at}`);
}
