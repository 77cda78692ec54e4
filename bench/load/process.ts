/** The process that makes the load. It measures one subject per message. */
import { byAutocannon } from './autocannon.ts';
import { byH2load } from './h2load.ts';
import type { LoadOrder, Measurement, Tool } from './measurement.ts';
import { byPace } from './paced.ts';
import { byWrk } from './wrk.ts';

const GENERATORS: Readonly<Record<Tool, (order: LoadOrder) => Promise<Measurement>>> = {
  autocannon: byAutocannon,
  wrk: byWrk,
  h2load: byH2load,
  paced: byPace,
};

// The preload has let go of the channel, which is all this process lives for.
process.channel?.ref();
process.on('message', (order: LoadOrder) => {
  // A failure ends this process, which the bench notices.
  void GENERATORS[order.tool](order).then((measurement) => process.send?.(measurement));
});
