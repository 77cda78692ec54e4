/** The time of day as logs tell it: `2026-11-30T08:15:00.250Z`. */

/** What changes once a second is made once a second: writing a whole date takes 500 ns. */
export function wallTimes(): (ms: number) => string {
  let second = Number.NaN;
  let beginning = '';
  return (ms) => {
    const now = Math.floor(ms / 1_000);
    if (now !== second) {
      second = now;
      beginning = new Date(ms).toISOString().slice(0, -'250Z'.length);
    }
    return `${beginning}${String(ms - now * 1_000).padStart(3, '0')}Z`;
  };
}
