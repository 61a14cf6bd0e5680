import type { Upkeep } from '../../model/cluster.ts'

/** `Nov  3 07:39:02 2027 GMT /etc/kubernetes/pki/apiserver.crt`: as openssl prints a date, then the path. Lines of another kind are left out. */
export function parseUpkeep(
  certificates: string | undefined,
  cgroup: string | undefined,
  program: string | undefined,
): Upkeep {
  const version = /v\d+\.\d+\.\d+\S*/.exec(program ?? '')?.[0]
  return {
    ...(certificates !== undefined && { certificates: parseDates(certificates) }),
    ...((cgroup === '1' || cgroup === '2') && { cgroup: cgroup === '1' ? 1 : 2 }),
    ...(version !== undefined && { kubeletVersion: version }),
  }
}

function parseDates(printed: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    printed.split('\n').flatMap(line => {
      const [, date = '', path = ''] = /^(.* GMT) (\/.*)$/.exec(line) ?? []
      const time = Date.parse(date)
      return Number.isNaN(time) ? [] : [[path, new Date(time).toISOString()]]
    }),
  )
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** As a bundle holds it; fields of another kind are left out, undefined where nothing stands there. */
export function readUpkeep(value: unknown): Upkeep | undefined {
  if (!isMap(value)) return undefined
  const { certificates, cgroup, kubeletVersion } = value
  return {
    ...(isMap(certificates) && {
      certificates: Object.fromEntries(
        Object.entries(certificates).flatMap(([path, date]): [string, string][] =>
          typeof date === 'string' && !Number.isNaN(Date.parse(date)) ? [[path, date]] : [],
        ),
      ),
    }),
    ...((cgroup === 1 || cgroup === 2) && { cgroup }),
    ...(typeof kubeletVersion === 'string' && { kubeletVersion }),
  }
}
