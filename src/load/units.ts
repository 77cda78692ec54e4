/** Figures as people read them. */

/** `1,234,567` */
export const countText = (count: number): string => Math.round(count).toLocaleString('en-US');

/** Three digits: `0.52 ms`, `12.3 ms`, `1.25 s`. */
export function msText(ms: number): string {
  if (ms >= 1_000) return `${short(ms / 1_000)} s`;
  return `${short(ms)} ms`;
}

/** `98 %`; `0.03 %` for little, and `99.8 %` for what is not all. */
export function percentText(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 1) return `${percent.toPrecision(1)} %`;
  const isWhole = percent === 0 || (percent >= 10 && percent < 99);
  return `${percent.toFixed(isWhole || Math.abs(percent - 100) < 0.05 ? 0 : 1)} %`;
}

export const mibText = (bytes: number): string => `${(bytes / 1_048_576).toFixed(0)} MiB`;

/** Three digits, and no zero at the end. */
const short = (value: number): string =>
  value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
