/** What changes state, and what refuses. */

/**
 * `POST /reload`, `/rollback`, `/upstreams/{name}/circuit` and `/routes/{name}/split` take a `reason` beside their own keys;
 * `/operations/{id}/retry`, `/skip` and `/cancel` want one.
 */
export interface Reasoned {
  /** For the log: 1 to 200 characters, no control characters. The page must give one. */
  readonly reason?: string;
}

/** The body of every answer with a status of 400 and above. */
export interface Refused {
  readonly error: string;
}
