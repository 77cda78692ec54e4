/** What an operator asks the admin port of a shop. */
import type { OperationDetail } from '../../src/admin/page-data.ts';
import type { Shop } from './gateways.ts';

export const TOKEN = 'a-token-of-the-operator';

export interface Told {
  readonly status: number;
  readonly error: string;
  readonly detail: OperationDetail;
}

export function operatorOf(shop: () => Shop) {
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(shop().gateway.gateway.adminUrl! + path, {
      ...init,
      headers: { authorization: `Bearer ${TOKEN}`, ...(init.headers as object) },
    });
  return {
    ask,
    read: async (id: string): Promise<OperationDetail> =>
      (await (await ask(`/operations/${id}`)).json()) as OperationDetail,
    order: async (id: string, name: string, body: object): Promise<Told> => {
      const response = await ask(`/operations/${id}/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const answer = (await response.json()) as OperationDetail & { readonly error: string };
      return { status: response.status, error: answer.error, detail: answer };
    },
  };
}
