/** Asks the admin port of a gateway for its metrics. */

const ANSWER_MS = 10_000;

/** @throws {Error} when the port does not answer with metrics within 10 s */
export async function readMetrics(adminUrl: string): Promise<string> {
  const url = new URL('/metrics', adminUrl);
  let response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
  } catch (error) {
    const { cause, message } = error as Error;
    const why = cause instanceof Error && cause.message !== '' ? cause.message : message;
    throw new Error(`${url.href} does not answer: ${why}`, { cause: error });
  }
  if (response.status !== 200) throw new Error(`${url.href} answered ${response.status}`);
  return response.text();
}
