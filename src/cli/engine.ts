/**
 * Sets V8 up for a process whose objects live as long as a request. Imported before everything that
 * V8 compiles.
 *
 * If most objects from one line of code survive a few collections, V8 allocates them in the old generation
 * from then on. A gateway that is busy while it starts looks like that, because the requests in flight survive. Objects
 * allocated there are garbage a moment later, but keep everything they point to until a full collection; what they kept
 * then survives, and is allocated in the old generation next. This happened in three starts of eight under the load of an
 * aggregate: collections of 12 ms instead of 3, a sixth more CPU time per request and 120 MB more memory. With this
 * setting it happened in none of eight.
 *
 * Nothing else is set for a container with one core: neither fewer helper threads (`--v8-pool-size`), nor
 * `--single-threaded-gc`, nor a larger young generation has shown a sure gain there.
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--no-allocation-site-pretenuring');
