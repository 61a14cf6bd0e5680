export type Log = (line: string) => void

/** Does one phase of something long. */
export type Phase = <T>(title: string, work: () => Promise<T>) => Promise<T>

/** Says each phase when it is done: seconds since the start, what, and how long it took itself. */
export function phases(log: Log): Phase {
  const start = performance.now()
  const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1)
  return async (title, work) => {
    const began = performance.now()
    const result = await work()
    log(`${seconds(start).padStart(6)} s  ${title} (${seconds(began)} s)`)
    return result
  }
}
