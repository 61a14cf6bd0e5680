import type { Admission, Rule, Violation } from '../model/rule.ts'
import type { FieldError } from './field-error.ts'

const kinds: Readonly<Record<string, string>> = {
  'v1/services': 'Service',
  'v1/nodes': 'Node',
  'v1/pods': 'Pod',
  'networking.k8s.io/v1/servicecidrs': 'ServiceCIDR',
}

/** `Service demo/web` */
function nameOf({ resource, object: { metadata } }: Admission): string {
  const kind = kinds[resource] ?? resource
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`
}

interface Declared extends Omit<Rule<'admission'>, 'on' | 'severity' | 'says' | 'judge'> {
  readonly line: string
  readonly judge: (write: Admission) => readonly FieldError[]
}

/** What an API server refuses: field and message make its answer, `field: message`. */
export const admissionRule = ({ line, judge, ...rest }: Declared): Rule<'admission'> => ({
  ...rest,
  on: 'admission',
  severity: 'error',
  says: [{ component: 'kube-apiserver', line }],
  judge: write =>
    judge(write).map(({ field, message }): Violation => ({ object: nameOf(write), field, message })),
})
