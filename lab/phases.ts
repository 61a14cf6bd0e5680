export type Log = (line: string) => void

/** Says each phase when it is done: seconds since the start, what, and how long it took itself. */
export function phases(log: Log) {
  const start = performance.now()
  const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1)
  return {
    async phase<T>(title: string, work: () => Promise<T>): Promise<T> {
      const began = performance.now()
      const result = await work()
      log(`${seconds(start).padStart(6)} s  ${title} (${seconds(began)} s)`)
      return result
    },
    total: () => seconds(start),
  }
}
