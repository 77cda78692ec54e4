/** One span, in words of our own: what is known of it when a request has ended. */

/** Times are on the gateway's clock, in milliseconds. */
export interface Span {
  readonly name: string;
  readonly kind: 'server' | 'internal' | 'client';
  readonly id: string;
  readonly parentId: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly isError: boolean;
  /** Spans of other traces that it follows from; absent: none. */
  readonly links?: readonly SpanLink[];
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
}

export interface SpanEvent {
  readonly name: string;
  readonly atMs: number;
}

export type Attributes = Readonly<Record<string, string | number>>;

/** Attributes being written. What has no value is left out. */
export type AttributeDraft = Record<string, string | number>;
