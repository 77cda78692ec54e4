/**
 * An action is one description: its part of the config, the checks on that, and how it answers requests.
 * `index.ts` lists all actions; schema, checks, `/status`, audit and mounting derive from that list.
 */
import type { z } from 'zod';
import type {
  ActionLoosening,
  ActionConfig,
  ActionModule,
  ActionRisks,
  BuildPlace,
  WrittenAction,
} from '../config/actions.ts';
import type { Finding } from '../config/fault.ts';
import type { Action, ActionContext, Route } from '../routes/route.ts';
import { clientPaths } from '../openapi/client-path.ts';
import { freeForm } from '../openapi/free-form.ts';
import type { Describing, Operation } from '../openapi/operation.ts';
import type { Planner } from './plan.ts';

type Shape = Readonly<Record<string, z.ZodType>>;

export interface ActionDefinition<S extends z.ZodType, B extends Shape, C extends ActionConfig> {
  /** The route key that selects it, such as `upstream`. */
  readonly key: string;
  /** Its name in `/status` and the log, such as `forward`. */
  readonly kind: C['kind'];
  /** The schema of the key's value; its description begins with `Action:`. */
  readonly schema: S;
  /** Route keys that are allowed with this action only. */
  readonly beside?: B;
  /** Clients reach upstreams through it. */
  readonly callsUpstreams: boolean;
  /** It takes the request's body. Without this, a long body ends the connection. */
  readonly readsBody: boolean;
  /** Plain paths that the route serves besides those of its match, given the value as it was written. */
  addedPaths?(written: unknown): readonly string[];
  /** Finds faults that a schema cannot. */
  check?(written: WrittenAction): Iterable<Finding>;
  /** Builds the config it runs on; `beside` has the parsed values of its other keys. */
  build(
    value: z.output<S>,
    beside: { readonly [K in keyof B]: z.output<B[K]> },
    route: Parsed,
    place: BuildPlace,
  ): C;
  /** One line for `/status`; default: its kind. */
  describe?(config: C): string;
  /** The upstreams that it may call; default: none. Those of a mounted module are its module's. */
  upstreams?(config: C): readonly string[];
  /**
   * The last step of a route, made at boot. Absent for an action whose module has its own routes; those
   * are mounted.
   */
  readonly create?: (route: Route, config: C, context: ActionContext) => Action;
  /** What an audit says of it. */
  readonly risks?: ActionRisks<C>;
  /** What a change of its config admits that was refused before; default: nothing. */
  loosened?(before: C, now: C): Iterable<ActionLoosening>;
  /** The requests that it serves, for an OpenAPI document. Absent: only their paths are told. */
  document?(config: C, describing: Describing): readonly Operation[];
  /** Tells what `create` would do, by the same functions; for `portico explain`. */
  readonly plan?: (config: C, context: ActionContext) => Planner;
}

/** A route as parsed by its schema. */
export type Parsed = Readonly<Record<string, unknown>>;

/** An action with its types erased. */
export interface AnyAction extends ActionModule {
  readonly readsBody: boolean;
  describe(config: ActionConfig): string;
  upstreams(config: ActionConfig): readonly string[];
  /** `undefined` for a mounted action. */
  readonly create:
    ((route: Route, config: ActionConfig, context: ActionContext) => Action) | undefined;
  document(config: ActionConfig, describing: Describing): readonly Operation[];
  /** `undefined` for an action that does not tell. */
  readonly plan: ((config: ActionConfig, context: ActionContext) => Planner) | undefined;
}

export function defineAction<S extends z.ZodType, C extends ActionConfig, B extends Shape = Shape>(
  definition: ActionDefinition<S, B, C>,
): AnyAction {
  const { key, kind, schema, beside, callsUpstreams, readsBody, risks, create, plan } = definition;
  return {
    key,
    kind,
    schema,
    beside: beside ?? {},
    callsUpstreams,
    readsBody,
    addedPaths: (value) => definition.addedPaths?.(value) ?? [],
    *check(written) {
      yield* definition.check?.(written) ?? [];
    },
    // The casts hold: the schema has parsed these values, and each config goes only to the action that
    // built it.
    build: (route, place) => definition.build(route[key] as never, route as never, route, place),
    describe: (config) => definition.describe?.(config as C) ?? kind,
    upstreams: (config) => [...new Set(definition.upstreams?.(config as C))],
    create: create && ((route, config, context) => create(route, config as C, context)),
    document: (config, describing) =>
      definition.document?.(config as C, describing) ?? untold(describing),
    plan: plan && ((config, context) => plan(config as C, context)),
    *loosened(before, now) {
      yield* definition.loosened?.(before as C, now as C) ?? [];
    },
    risks: risks && { rules: risks.rules, find: (config, now) => risks.find(config as C, now) },
  };
}

const untold = ({ route, warn }: Describing): readonly Operation[] =>
  clientPaths(route, warn).flatMap((path) => freeForm(path));

/** The action of `actions` that made `config`. */
export function madeBy(actions: readonly AnyAction[], { kind }: ActionConfig): AnyAction {
  const action = actions.find((each) => each.kind === kind);
  if (action === undefined) throw new TypeError(`there is no action "${kind}"`);
  return action;
}
