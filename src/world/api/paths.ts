import type { Resource } from '../../model/cluster.ts'

/** `v1/pods` → `/api/v1/namespaces/NS/pods/NAME`; `apps/v1/deployments` → `/apis/apps/v1/…`. */
export function pathOf(resource: Resource, namespace?: string, name?: string, subresource?: string): string {
  const parts = resource.split('/')
  if (parts.length < 2 || parts.length > 3 || parts.includes('')) {
    throw new Error(`not a resource: "${resource}" (like v1/pods or apps/v1/deployments)`)
  }
  const plural = parts.pop() ?? ''
  const group = parts.length === 1 ? `/api/${parts[0]}` : `/apis/${parts.join('/')}`
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  const tail = [name, subresource].flatMap(part => (part === undefined ? [] : `/${encodeURIComponent(part)}`))
  return `${group}${scope}/${plural}${tail.join('')}`
}

/** `?a=b`, or nothing. undefined and '' are left out; a list repeats its key. */
export function queryOf(fields: Readonly<Record<string, string | readonly string[] | undefined>>): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(fields)) {
    for (const one of typeof value === 'string' ? [value] : (value ?? []))
      if (one !== '') query.append(key, one)
  }
  return query.size === 0 ? '' : `?${query.toString()}`
}
