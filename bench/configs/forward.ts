/** A BFF that passes requests on with `app.forward`, for the benchmarks. */
import { defineBff } from 'portico';

export default defineBff({ upstreams: ['orders'] }, (app) => {
  // The load's fields, as the others of its job pass them on.
  app.forward('/orders/*', 'orders', { forwardHeaders: ['*', 'authorization'] });
});
