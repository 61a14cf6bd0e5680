import { readFile } from 'node:fs/promises'

const published = '--providers.kubernetesingress.ingressendpoint.publishedservice=traefik/traefik'

/**
 * Traefik's manifest. Behind a load balancer it writes the addresses of its Service into the status of each Ingress; without one it is
 * reached by node port 30082, and no Ingress says so, as in many a how-to.
 */
export async function ingressManifest(image: string, isBalanced: boolean): Promise<string> {
  const text = (await readFile(new URL('ingress.yaml', import.meta.url), 'utf8')).replace(
    'image: traefik\n',
    `image: ${image}\n`,
  )
  return isBalanced
    ? text.replace(/^( *)- --providers\.kubernetesingress$/m, `$&\n$1- ${published}`)
    : text.replace('type: LoadBalancer', 'type: NodePort')
}
