import { expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';
import { recordingLog } from '../plugins/recording-log.ts';
import { file } from './mounted.ts';

test.each([
  ['/promise', /^one is Promise .*, not a part: give it what request\.upstreams/s],
  ['/answer', /^the part is 'text', not a part/],
  ['/text', /^a text was thrown$/],
  ['/nothing', /^undefined was thrown$/],
])('a bug of %s is 500, and the log has route, endpoint and what it is', async (path, what) => {
  const { log, lines } = recordingLog();
  const { fetch } = await startGateway({
    log,
    config: { routes: { mobile: { match: { path: '/m/*' }, bff: file('mistaken') } } },
    upstreams: { up: () => ({}) },
  });

  const response = await fetch(`/m${path}`);

  expect(response.status).toBe(500);
  const bug = lines().find(({ msg }) => msg === 'bug');
  expect(bug).toMatchObject({ route: 'mobile', endpoint: path });
  expect(bug).toHaveProperty('err.message', expect.stringMatching(what));
});
