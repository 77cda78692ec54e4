/** The paths of the admin port at which one generation's plugins accept POST, behind the guard. */
import type { z } from 'zod';
import { formatPath, type Path } from '../config/fault.ts';
import type { PluginAdmin } from '../authoring/plugin-host.ts';
import { isGatewayError } from '../core/errors.ts';

interface AdminAnswer {
  readonly status: number;
  readonly body: unknown;
}
type Take = (body: unknown) => Promise<AdminAnswer>;

const PATH = /^(\/[a-z][a-z0-9-]*)+$/;

export class AdminRoutes implements PluginAdmin {
  readonly #routes = new Map<string, Take>();

  post<S extends z.ZodType>(
    path: string,
    schema: S,
    handler: (body: z.output<S>) => unknown,
  ): void {
    if (!PATH.test(path)) throw new TypeError(`"${path}" is not a path of the admin port`);
    if (this.#routes.has(path))
      throw new TypeError(`POST ${path} is already taken on the admin port`);
    this.#routes.set(path, async (body) => {
      const parsed = schema.safeParse(body);
      if (!parsed.success) return { status: 400, body: { error: describe(parsed.error) } };
      try {
        return { status: 200, body: await handler(parsed.data) };
      } catch (error) {
        if (!isGatewayError(error)) throw error;
        return { status: error.statusCode, body: { error: error.message } };
      }
    });
  }

  get paths(): Iterable<string> {
    return this.#routes.keys();
  }

  /** `undefined` if no plugin serves `path`. */
  at(path: string): Take | undefined {
    return this.#routes.get(path);
  }
}

const describe = ({ issues }: z.ZodError): string =>
  issues
    .map(({ path, message }) =>
      path.length === 0 ? message : `${formatPath(path as Path)}: ${message}`,
    )
    .join('; ');
