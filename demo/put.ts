/** Memory of the services, which run for days. */

const MOST = 10_000;

/** Sets it as the newest one; of more than 10,000, the oldest is forgotten. */
export function put<T>(stored: Map<string, T>, key: string, value: T): void {
  stored.delete(key);
  stored.set(key, value);
  const [oldest] = stored.keys();
  if (stored.size > MOST && oldest !== undefined) stored.delete(oldest);
}
