/** Sockets to the upstream, the same for every subject; the files of `configs/` repeat the number. */
export const UPSTREAM_CONNECTIONS = 128;
