/** A label selector as Deployments, PodDisruptionBudgets and NetworkPolicies carry it. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

type Labels = Readonly<Record<string, string>>

/** An empty selector selects everything, none at all selects nothing (apimachinery, LabelSelectorAsSelector). */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false
  const { matchLabels = {}, matchExpressions = [] } = selector
  // Not Object.entries: with a budget for each of ten thousand Deployments this is asked millions of times.
  for (const key in matchLabels) if (labels[key] !== matchLabels[key]) return false
  return matchExpressions.every(({ key, operator, values = [] }) => {
    const value = labels[key]
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value)
      case 'NotIn':
        return value === undefined || !values.includes(value)
      case 'Exists':
        return value !== undefined
      case 'DoesNotExist':
        return value === undefined
      default:
        return false
    }
  })
}

/** A Service's selector is a plain map; an empty or missing one selects no pod (its endpoints are kept by somebody else). */
export function selectsByMap(selector: Labels | undefined, labels: Labels): boolean {
  const wanted = Object.entries(selector ?? {})
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
}
