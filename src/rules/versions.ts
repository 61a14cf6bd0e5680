import { DualStackError, exitCodes } from '../base/errors.ts'
import { minorOf } from '../base/version.ts'

/**
 * Does a Kubernetes version lie in a span such as `>=1.23 <1.25`? Only the minor version counts; a version that cannot be read lies in every span.
 * @throws DualStackError `rule.span` for a span that cannot be read: a mistake in a rule
 */
export function inVersions(version: string, span: string | undefined): boolean {
  if (span === undefined) return true
  const minor = minorOf(version)
  return span.split(' ').every(part => {
    const match = /^(>=|<=|<|>|=)1\.(\d+)$/.exec(part)
    if (match === null) {
      throw new DualStackError(`span of versions '${span}'`, { code: 'rule.span', exitCode: exitCodes.bug })
    }
    if (Number.isNaN(minor)) return true
    const limit = Number(match[2])
    switch (match[1]) {
      case '>=':
        return minor >= limit
      case '<=':
        return minor <= limit
      case '<':
        return minor < limit
      case '>':
        return minor > limit
      default:
        return minor === limit
    }
  })
}
