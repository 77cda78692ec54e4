/** One answer from an upstream, and one that is under way while the container is stopped. */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineBff, z } from 'portico';

const Health = z.object({ status: z.string() });
type Health = z.output<typeof Health>;

const SLOW_MS: number = 1_500;

export default defineBff({ upstreams: ['admin'] }, (app) => {
  app.get('/health', { schema: { response: { 200: Health } } }, (request): Promise<Health> => {
    const { admin } = request.upstreams;
    return request.run(admin.get('/livez', { schema: Health }));
  });

  app.get('/slow', { schema: { response: { 200: Health } } }, async (): Promise<Health> => {
    await sleep(SLOW_MS);
    return { status: 'slow' };
  });
});
