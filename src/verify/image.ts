import type { KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'

/** The image of Kubernetes' own end-to-end tests. https://registry.k8s.io e2e-test-images */
const defaultImage = 'registry.k8s.io/e2e-test-images/agnhost:2.63.0'

/** The default, or another version of it that the node has, wherever it came from: where there is no registry, mirrors have their own names. */
export function imageOn(node: KubeObject): string {
  const images = (getField(node, ['status', 'images']) ?? []) as readonly {
    readonly names?: readonly string[]
  }[]
  const names = images.flatMap(({ names = [] }) => names.filter(name => /(^|\/)agnhost[:@]/.test(name)))
  return names.includes(defaultImage)
    ? defaultImage
    : (names.find(name => !name.includes('@')) ?? names[0] ?? defaultImage)
}
