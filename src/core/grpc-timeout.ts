/** The field `grpc-timeout`, by which a gRPC client says how long it waits (gRPC over HTTP/2, "Timeout"). */

const PATTERN = /^(\d{1,8})([HMSmun])$/;

const UNITS_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** The milliseconds of a value such as `800m`; `undefined` if it is not one. */
export function parseGrpcTimeout(text: string): number | undefined {
  const match = PATTERN.exec(text);
  return match === null ? undefined : Number(match[1]) * UNITS_MS[match[2]!]!;
}

/** At least one millisecond, because 0 would be over before it is read; rounded down otherwise. */
export function formatGrpcTimeout(ms: number): string {
  const whole = Math.max(Math.floor(ms), 1);
  return whole < 100_000_000 ? `${whole}m` : `${Math.min(Math.floor(whole / 1_000), 99_999_999)}S`;
}
