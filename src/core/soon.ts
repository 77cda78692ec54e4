/** Runs `task` in the next microtask. `queueMicrotask` would make an async resource each time. */
export const soon = (task: () => void): void => void RESOLVED.then(task);

const RESOLVED = Promise.resolve();
