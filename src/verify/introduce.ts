import type { World } from '../world/ports.ts'
import type { Tester } from './context.ts'
import { container } from './objects.ts'

/** What the image of the test pods has, and what the cluster calls itself. */
export interface Introduced {
  readonly isAgnhost: boolean
  /** Why nothing can be asked by SCTP. */
  readonly noSctp?: string
  readonly domain?: string
}

/** The kernel itself is tried: it loads the module when somebody asks for it. */
const introduction = `cat /etc/resolv.conf
test -x /agnhost && echo agnhost || exit 0
test -z "$SCTP" || /agnhost connect 127.0.0.1:1 --protocol=sctp --timeout=1s 2>&1
exit 0`

export async function introduce(
  { api }: World,
  namespace: string,
  { pod, node }: Tester,
  signal?: AbortSignal,
): Promise<Introduced> {
  const { stdout } = await api.exec({ namespace, name: pod, container }, ['sh', '-c', introduction], {
    timeoutMs: 30_000,
    signal,
  })
  return readIntroduction(namespace, node, stdout)
}

export function readIntroduction(namespace: string, node: string, printed: string): Introduced {
  const domain = new RegExp(String.raw`^search .*?\b${namespace}\.svc\.(\S+)`, 'm').exec(printed)?.[1]
  const isAgnhost = /^agnhost$/m.test(printed)
  const noSctp = !isAgnhost
    ? 'the image of the test pods is not agnhost, which alone speaks it'
    : /^OTHER: .*not supported/m.test(printed)
      ? `the kernel of ${node} does not know it: modprobe sctp`
      : undefined
  return {
    isAgnhost,
    ...(noSctp !== undefined && { noSctp }),
    ...(domain !== undefined && { domain: domain.replace(/\.$/, '') }),
  }
}
