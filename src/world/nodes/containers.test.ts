import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeNode, shells } from './testing/node.ts'

describe.each(shells)('system containers of a node, under $name', ({ argv, there }) => {
  let node: FakeNode
  beforeEach(() => {
    node = new FakeNode(argv)
  })
  afterEach(() => node.remove())

  test.skipIf(!there)(
    'logs of the two newest attempts, framed as they are; other namespaces stay unread',
    async () => {
      const folder = '/var/log/pods/kube-system_kube-apiserver-n1_uid/kube-apiserver'
      node.put(`${folder}/3.log`, '2026-11-23T03:09:11.1Z stderr F why\n')
      node.put('/var/log/pods/shop_web_uid/web/0.log', '2026-11-23T03:09:11.1Z stdout F private\n')
      node.program('crictl', 'exit 1')
      const { runtime, containers, logs } = await node.access.containers('n1', 5)
      expect({ runtime, containers }).toEqual({ runtime: 'silent', containers: [] })
      expect(logs).toEqual([
        {
          namespace: 'kube-system',
          pod: 'kube-apiserver-n1',
          container: 'kube-apiserver',
          attempt: 3,
          text: '2026-11-23T03:09:11.1Z stderr F why\n',
        },
      ])
    },
  )

  test.skipIf(!there)(
    'states and exit codes as crictl tells them, of several attempts the last',
    async () => {
      const container = (id: string, attempt: number, state: string) => ({
        id,
        metadata: { name: 'kube-apiserver', attempt },
        state,
        labels: {
          'io.kubernetes.pod.namespace': 'kube-system',
          'io.kubernetes.pod.name': 'kube-apiserver-n1',
        },
      })
      const list = JSON.stringify({
        containers: [container('b', 4, 'CONTAINER_EXITED'), container('a', 3, 'CONTAINER_EXITED')],
      })
      node.program(
        'crictl',
        `case "$*" in
*inspect*b) printf '{\\n "exitCode": 1,\\n "finishedAt": "2026-11-23T03:09:12Z",\\n "x": 1 }' ;;
*inspect*) printf '{}' ;;
*-q*) printf 'b\\na\\n' ;;
*) printf '%s' '${list}' ;;
esac`,
      )
      expect((await node.access.containers('n1', 5)).containers).toEqual([
        {
          namespace: 'kube-system',
          pod: 'kube-apiserver-n1',
          container: 'kube-apiserver',
          attempt: 4,
          state: 'exited',
          exitCode: 1,
          finishedAt: '2026-11-23T03:09:12Z',
        },
      ])
    },
  )
})
