/**
 * Figures: what is promised of times and sizes that only a quiet machine can show.
 *
 * `npm run figures` runs the tests that have some, one after another, at their full size and against
 * what is promised. In `npm test`, beside whatever else runs, a test is smaller, and a time tells only
 * that the thing happens by itself, and not when some later limit cuts it off.
 */
/** Is this a run for the figures? */
export const ARE_CHECKED = process.env['FIGURES'] === '1';

/** What a measured number is held against: the figure `promised`, or on a busy machine `patient`. */
export const bound = (promised: number, patient: number): number =>
  ARE_CHECKED ? promised : patient;

/** How many of something: `full` for the figures, `small` else, or what the variable `name` says. */
export const size = (name: string, small: number, full: number): number =>
  Number(process.env[name] ?? (ARE_CHECKED ? full : small));

/** For a test with figures: the machine may spoil one try of them. */
export const FIGURE_TRIES = { retry: bound(3, 0) };

/** In ms: how long after a client the upstream is told that it has left. */
export const LEAVES_WITHIN_MS = bound(50, 2_000);
