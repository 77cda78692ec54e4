/**
 * An action is one description: what the config may say of it, what in that cannot work, and how it
 * answers requests. `index.ts` lists them; schema, checks, `/status`, audit and mounting derive from that
 * list.
 */
import type { z } from 'zod';
import type { ActionConfig, ActionModule, WrittenAction } from '../config/actions.ts';
import type { Finding } from '../config/fault.ts';
import type { Action, ActionContext, Route } from '../routes/route.ts';

type Shape = Readonly<Record<string, z.ZodType>>;

export interface ActionDefinition<S extends z.ZodType, B extends Shape, C extends ActionConfig> {
  /** The route's key that chooses it, such as `upstream`. */
  readonly key: string;
  /** What `/status` and the log call it, such as `forward`. */
  readonly kind: C['kind'];
  /** Of the key's value; its description begins with `Action:`. */
  readonly schema: S;
  /** Keys of the route that go with it alone. */
  readonly beside?: B;
  /** It lets clients reach upstreams. */
  readonly callsUpstreams: boolean;
  /** It takes the request's body; else one that is long ends the connection. */
  readonly readsBody: boolean;
  /** Finds what schemas cannot. */
  check?(written: WrittenAction): Iterable<Finding>;
  /** What it runs on; `beside` has the parsed values of its other keys. */
  build(value: z.output<S>, beside: { readonly [K in keyof B]: z.output<B[K]> }, route: Parsed): C;
  /** One line for `/status`; default: its kind. */
  describe?(config: C): string;
  /** The last step of a route, made at boot. Absent: its module has routes of its own, which are mounted. */
  readonly create?: (route: Route, config: C, context: ActionContext) => Action;
}

/** A route as its schema gave it. */
export type Parsed = Readonly<Record<string, unknown>>;

/** An action whose types nobody needs to know any more. */
export interface AnyAction extends ActionModule {
  readonly readsBody: boolean;
  describe(config: ActionConfig): string;
  /** `undefined` where it is mounted. */
  readonly create:
    ((route: Route, config: ActionConfig, context: ActionContext) => Action) | undefined;
}

export function defineAction<S extends z.ZodType, C extends ActionConfig, B extends Shape = Shape>(
  definition: ActionDefinition<S, B, C>,
): AnyAction {
  const { key, kind, schema, beside, callsUpstreams, readsBody, create } = definition;
  return {
    key,
    kind,
    schema,
    beside: beside ?? {},
    callsUpstreams,
    readsBody,
    *check(written) {
      yield* definition.check?.(written) ?? [];
    },
    // The schema has parsed what is handed on, and what it built is handed to nobody else.
    build: (route) => definition.build(route[key] as never, route as never, route),
    describe: (config) => definition.describe?.(config as C) ?? kind,
    create: create && ((route, config, context) => create(route, config as C, context)),
  };
}

/** The action of `actions` that made `config`. */
export function madeBy(actions: readonly AnyAction[], { kind }: ActionConfig): AnyAction {
  const action = actions.find((each) => each.kind === kind);
  if (action === undefined) throw new TypeError(`there is no action "${kind}"`);
  return action;
}
