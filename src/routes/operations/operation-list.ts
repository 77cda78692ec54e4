/** Pages of operations, newest first. */
import { GatewayError } from '../../core/errors.ts';
import type { ListOrder, Operation, OperationStatus } from '../../operations/engine.ts';
import { isOperationId } from '../../operations/ids.ts';

const STATUSES: readonly OperationStatus[] = [
  'running',
  'compensating',
  'completed',
  'failed',
  'stuck',
];
const MOST = 100;
const DEFAULT_LIMIT = 20;
const KNOWN = ['status', 'name', 'after', 'limit'] as const;

/**
 * Reads the query of a list.
 *
 * @throws GW_REQUEST_INVALID for anything else than it may say
 */
export function listOrder(query: string, owner: string | undefined): ListOrder {
  const asked = new URLSearchParams(query);
  for (const key of asked.keys()) {
    if (KNOWN.includes(key as never) && asked.getAll(key).length === 1) continue;
    throw invalid(`the query may hold each of ${KNOWN.join(', ')} once`);
  }
  const [status, name, after, limit] = KNOWN.map((key) => asked.get(key) ?? undefined);
  return {
    ...(owner !== undefined && { owner }),
    ...(status !== undefined && { status: statusOf(status) }),
    ...(name !== undefined && { name }),
    ...(after !== undefined && { after: cursorOf(after) }),
    limit: limit === undefined ? DEFAULT_LIMIT : limitOf(limit),
  };
}

const invalid = (detail: string): GatewayError => new GatewayError('GW_REQUEST_INVALID', detail);

function statusOf(text: string): OperationStatus {
  const status = STATUSES.find((each) => each === text);
  if (status !== undefined) return status;
  throw invalid(`status is one of ${STATUSES.join(', ')}`);
}

function limitOf(text: string): number {
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MOST) return limit;
  throw invalid(`limit is a number from 1 to ${MOST}`);
}

/** Of the last one of a page. */
const cursorTo = ({ createdAt, id }: Operation): string =>
  Buffer.from(`${createdAt} ${id}`).toString('base64url');

function cursorOf(text: string): NonNullable<ListOrder['after']> {
  const [createdAt = '', id = ''] = Buffer.from(text, 'base64url').toString('latin1').split(' ');
  if (/^\d{1,15}$/.test(createdAt) && isOperationId(id))
    return { createdAt: Number(createdAt), id };
  throw invalid('after is what a list gave as "next"');
}

/** The page, and how to get the next one, if this one is full. */
export function pageOf<T>(
  operations: readonly Operation[],
  { limit }: ListOrder,
  view: (operation: Operation) => T,
): { readonly items: readonly T[]; readonly next?: string } {
  const last = operations.length === limit ? operations.at(-1) : undefined;
  return {
    items: operations.map(view),
    ...(last !== undefined && { next: cursorTo(last) }),
  };
}
