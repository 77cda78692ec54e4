/** The clock of `portico/testing`, for the tests of this repository. */
export { manualClock, type ManualClock } from '../../src/testing/manual-clock.ts';
