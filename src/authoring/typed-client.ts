/**
 * Clients of upstreams that have an OpenAPI document, typed by what `portico types` makes of it: a path, a parameter
 * or a field that the document does not have is an error of the compiler. Nothing of it exists at run time.
 */
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { BatchOptions, Batches } from './batch.ts';
import type { OpenedAnswer, OpenOptions } from './opened-answer.ts';
import type { Part, PartOptions, PartOptionsWithBody, Scalar, UpstreamClient } from './parts.ts';

const API: unique symbol = Symbol('portico.api');

/** Carries types, by the name of an upstream. */
export interface Apis<A> {
  readonly [API]?: A;
}

/**
 * For `defineBff({ upstreams, apis: apis<{ catalog: Catalog }>() }, …)`, where `Catalog` is `paths` of
 * `bff/types/catalog.d.ts`.
 */
export const apis = <A extends object>(): Apis<A> => ({});

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The paths that have an operation for the verb. */
type PathsWith<P, V extends Verb> = {
  [T in keyof P]: P[T] extends { readonly [K in V]: infer Op }
    ? [Op] extends [undefined]
      ? never
      : T
    : never;
}[keyof P] &
  string;

type OperationOf<P, T extends keyof P, V extends Verb> = P[T] extends {
  readonly [K in V]: infer Op;
}
  ? Op
  : never;

type ParametersOf<Op, Place extends 'path' | 'query'> = Op extends {
  readonly parameters: { readonly [K in Place]?: infer Given };
}
  ? NonNullable<Given>
  : never;

/** As parts have them: one value. `undefined` leaves out what may be left out. */
type Values<Given> = {
  readonly [K in keyof Given]: {} extends Pick<Given, K>
    ? AsScalar<Given[K]> | undefined
    : AsScalar<Given[K]>;
};
type AsScalar<Value> = [Exclude<Value, undefined>] extends [Scalar] ? Value : Scalar | undefined;

/** A member that has to be there if one of its own has to. */
type Member<Name extends string, Given> = [Given] extends [never]
  ? { readonly [K in Name]?: never }
  : {} extends Given
    ? { readonly [K in Name]?: Values<Given> }
    : { readonly [K in Name]: Values<Given> };

type JsonOf<Content> = Content extends { readonly content: infer ByType }
  ? {
      [M in keyof ByType]: M extends `application/${string}json${string}` ? ByType[M] : never;
    }[keyof ByType]
  : never;

/** What is not JSON is sent as it is. */
type SentOf<Body> = [JsonOf<Body>] extends [never]
  ? Body extends { readonly content: object }
    ? Readable | Uint8Array
    : never
  : JsonOf<Body>;

type BodyOf<Op> = Op extends { readonly requestBody: infer Body }
  ? { readonly body: SentOf<Body> }
  : Op extends { readonly requestBody?: infer Body }
    ? [SentOf<NonNullable<Body>>] extends [never]
      ? { readonly body?: never }
      : { readonly body?: SentOf<NonNullable<Body>> }
    : { readonly body?: never };

type Good<Status> = Status extends number
  ? `${Status}` extends `2${string}`
    ? Status
    : never
  : Status extends `2${string}`
    ? Status
    : never;

/** Of all answers that are no failure; one without a body is `null`. */
type AnswerOf<Op> = Op extends { readonly responses: infer ByStatus }
  ? {
      [S in Good<keyof ByStatus>]: [JsonOf<ByStatus[S]>] extends [never]
        ? null
        : JsonOf<ByStatus[S]>;
    }[Good<keyof ByStatus>]
  : never;

/** As `numbers: 'text'` gives it. */
type WithTextNumbers<T> = T extends number
  ? string
  : T extends object
    ? { [K in keyof T]: WithTextNumbers<T[K]> }
    : T;
type As<N, T> = N extends 'text' ? WithTextNumbers<T> : T;

/** Is in the way of a schema that asks for something that the upstream does not answer. */
type Fits<Answer, S> = S extends z.ZodType
  ? [Answer] extends [z.input<S>]
    ? unknown
    : { readonly 'the upstream does not answer what this schema asks for': Answer }
  : unknown;

type Own<Op, N, S> = Member<'path', ParametersOf<Op, 'path'>> &
  Member<'query', ParametersOf<Op, 'query'>> & {
    readonly schema?: S & Fits<As<N, AnswerOf<Op>>, S>;
    readonly numbers?: N;
  };

/** Optional, unless something in them is not. */
type Rest<Options> = {} extends Options ? [options?: Options] : [options: Options];

type Result<Op, N, S> = S extends z.ZodType ? z.output<S> : As<N, AnswerOf<Op>>;

type Kept = 'path' | 'query' | 'schema' | 'numbers' | 'body';
type Common = Omit<PartOptions<unknown>, Kept> & Omit<PartOptionsWithBody<unknown>, Kept>;

type Call<P, V extends Verb> = <
  T extends PathsWith<P, V>,
  S extends z.ZodType | undefined = undefined,
  N extends 'text' | undefined = undefined,
>(
  template: T,
  ...options: Rest<
    Common &
      Own<OperationOf<P, T, V>, N, S> &
      (V extends 'get' | 'delete' ? unknown : BodyOf<OperationOf<P, T, V>>)
  >
) => Part<Result<OperationOf<P, T, V>, N, S>>;

type Method = NonNullable<OpenOptions['method']>;

/** Of a `HEAD`, the document says what it says of a `GET`. */
type VerbOf<M extends Method> = M extends 'HEAD' ? 'get' : Lowercase<M> & Verb;

type Open<P> = <T extends PathsWith<P, VerbOf<M>>, M extends Method = 'GET'>(
  template: T,
  ...options: Rest<
    Omit<OpenOptions, Kept | 'method'> & { readonly method?: M } & Member<
        'path',
        ParametersOf<OperationOf<P, T, VerbOf<M>>, 'path'>
      > &
      Member<'query', ParametersOf<OperationOf<P, T, VerbOf<M>>, 'query'>> &
      (VerbOf<M> extends 'get' | 'delete' ? unknown : BodyOf<OperationOf<P, T, VerbOf<M>>>)
  >
) => Promise<OpenedAnswer>;

/** Calls an upstream whose paths are `P`, as openapi-typescript writes them. */
export type TypedClient<P> = Omit<UpstreamClient, Verb | 'open'> & {
  readonly [V in Verb]: Call<P, V>;
} & { readonly open: Open<P> };

/** The clients of the upstreams `U`; those of `A` know their paths. */
export type Clients<U extends string, A> = {
  readonly [K in U]: K extends keyof A ? TypedClient<A[K]> : UpstreamClient;
};

/** Of a list that takes ids in `parameter`. */
type ListOf<P> = {
  [T in PathsWith<P, 'get'>]: {
    readonly list: T;
    readonly parameter: keyof ParametersOf<OperationOf<P, T, 'get'>, 'query'> & string;
  };
}[PathsWith<P, 'get'>];

/** The batches of an upstream; of one that is typed, between paths that it has. */
export type BatchesOf<K, A> = K extends keyof A
  ? { readonly [T in PathsWith<A[K], 'get'>]?: BatchOptions & ListOf<A[K]> }
  : Batches;
