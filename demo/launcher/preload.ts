/**
 * Loaded into the gateway through `--import`, because the gateway knows nothing about the demo and should not.
 *
 * Its cluster workers are forked too, with the same arguments, but close their channel in the course of
 * a clean restart, so they are left alone.
 */
import cluster from 'node:cluster';
import { exitWithParent } from './exit-with-parent.ts';

if (cluster.isPrimary) exitWithParent();
