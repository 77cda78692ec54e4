/** The admin port's view of traces: what happened to a request that an operator signed. */
import type { FastifyInstance } from 'fastify';

export interface TraceView {
  /** As JSON; resolves to `undefined` if there is no such trace. Itself `undefined` where no request is traced. */
  readonly trace: (id: string) => Promise<string | undefined> | undefined;
}

const OFF = 'no request is traced: set admin.trace';
const GONE =
  'no trace of this request: it was not signed by a key of admin.trace, its signature had ended or was used before, ' +
  'or it is among neither the last 200 nor those of the last five minutes';

/** `app` admits only those who may read traces. */
export function addTraces(app: FastifyInstance, { trace }: TraceView): void {
  app.get<{ Params: { id: string } }>('/trace/:id', async (request, reply) => {
    const text = await trace(request.params.id);
    void reply.header('cache-control', 'no-store');
    if (text !== undefined) return reply.type('application/json').send(text);
    return reply.code(404).send({ error: trace('') === undefined ? OFF : GONE });
  });
}
