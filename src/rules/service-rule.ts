import type { Admission, Rule } from '../model/rule.ts'
import { admissionRule } from './admission-rule.ts'
import { admission } from './example.ts'
import { serviceRefusals } from './service-update.ts'

/** Rules on writes of Services, and writes for their examples. */
export const alloc = 'k/k:pkg/registry/core/service/storage/alloc.go'
export const validation = 'k/k:pkg/apis/core/validation/validation.go'
export const single = { server: { version: 'v1.36.3', services: ['10.96.0.0/16'] } }
export const reversed = { server: { version: 'v1.36.3', services: ['fd00:96::/112', '10.96.0.0/16'] } }
export const a4 = '10.96.0.20'
export const a6 = 'fd00:96::20'

const service = (spec: Readonly<Record<string, unknown>>) => ({
  metadata: { name: 'web', namespace: 'demo' },
  spec: { selector: { app: 'web' }, ...spec },
})
export const create = (spec: Readonly<Record<string, unknown>>, more: Partial<Admission> = {}) =>
  admission(service(spec), more)
export const update = (
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
  more: Partial<Admission> = {},
) => admission(service(to), { old: service(from), ...more })

export const was4 = { clusterIP: a4, clusterIPs: [a4], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }
export const wasDual = {
  clusterIP: a4,
  clusterIPs: [a4, a6],
  ipFamilies: ['IPv4', 'IPv6'],
  ipFamilyPolicy: 'RequireDualStack',
}

interface Declared extends Omit<Rule<'admission'>, 'id' | 'on' | 'severity' | 'says' | 'judge' | 'covers'> {
  readonly line: string
  readonly covers?: readonly string[]
}

/** The rule of one code of service-write.ts and service-update.ts; its topic is the file that declares it. */
export const ruleOf =
  (topic: string) =>
  (code: string, declared: Declared): Rule<'admission'> =>
    admissionRule({
      covers: ['kubernetes 7.2'],
      ...declared,
      id: `${topic}/${code}`,
      judge: write => serviceRefusals(write).filter(refusal => refusal.code === code),
    })
