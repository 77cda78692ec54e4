/**
 * The gateway under load, as a process of its own: what it costs is then what it alone used. Its log is
 * written, as the config says, and read by nobody.
 */
import '../cli/engine.ts';
import '../cli/running-copy.ts';
import { ConfigError } from '../config/fault.ts';
import { adjustFor, calledUpstreams, type GatewayTalk } from './gateway-order.ts';
import { answerOrder } from './orders.ts';

answerOrder<GatewayTalk>(async (order) => {
  const { createGateway } = await import('../gateway.ts');
  try {
    const gateway = await createGateway({
      file: order.file,
      environment: process.env,
      adjust: (config) => adjustFor(order, config),
    });
    process.once('SIGTERM', () => void gateway.close().finally(() => process.exit()));
    await gateway.listen();
    const { url, config } = gateway;
    // `adjustFor` has switched it on.
    const adminUrl = gateway.adminUrl!;
    return { kind: 'serving', url, adminUrl, upstreams: calledUpstreams(config) };
  } catch (error) {
    if (error instanceof ConfigError) return { kind: 'faults', faults: error.faults };
    throw error;
  }
});
