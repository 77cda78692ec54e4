/** A `when` as it runs: what a request must be. */
import type { ConditionMatchers } from '../config/build/config.ts';

/** All of it must be met. */
export interface WhenConfig {
  readonly headers: ConditionMatchers;
  readonly cookies: ConditionMatchers;
  readonly query: ConditionMatchers;
  /** By the paths of claims. */
  readonly claims: ConditionMatchers;
}
