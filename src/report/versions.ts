import { minorOf } from '../base/version.ts'

/** Minor versions in order, runs of them as spans: `1.20–1.33, 1.36`. */
export function spansOf(versions: readonly string[]): string {
  const spans: [string, string][] = []
  for (const version of versions) {
    const last = spans.at(-1)
    if (last !== undefined && minorOf(version) === minorOf(last[1]) + 1) last[1] = version
    else spans.push([version, version])
  }
  return spans.map(([from, to]) => (from === to ? from : `${from}–${to}`)).join(', ')
}
