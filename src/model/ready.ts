import { getField, getText } from './fields.ts'

/** The condition Ready of a Node or a pod as the API server gives it, where it says so; undefined: it is not ready. */
export function readyOf(object: unknown): { readonly since?: string } | undefined {
  const conditions = getField(object, ['status', 'conditions'])
  const ready = (Array.isArray(conditions) ? conditions : []).find(
    one => getText(one, ['type']) === 'Ready' && getText(one, ['status']) === 'True',
  )
  if (ready === undefined) return undefined
  const since = getText(ready, ['lastTransitionTime'])
  return since === undefined ? {} : { since }
}
