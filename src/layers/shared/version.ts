/** The minor number of a gitVersion: 36 of `v1.36.3`. 0 when it cannot be read, which is older than anything. */
export const minorOf = (gitVersion: string): number => Number(/^v?1\.(\d+)/.exec(gitVersion)?.[1] ?? 0)
