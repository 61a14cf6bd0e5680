/** The minor number of a Kubernetes version: 36 of `v1.36.3` and of `1.36`. NaN when it cannot be read, for which no comparison holds. */
export const minorOf = (version: string): number => Number(/^v?1\.(\d+)/.exec(version)?.[1] ?? Number.NaN)
