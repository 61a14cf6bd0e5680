import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeNode, shells } from './testing/node.ts'

describe.each(shells)('units, sysctls and logs, under $name', ({ argv, there }) => {
  let node: FakeNode
  beforeEach(() => {
    node = new FakeNode(argv)
    node.put('/invocation', 'one\n')
    // Restarted, a unit has another invocation at the second look.
    node.program(
      'systemctl',
      `echo "$*" >>${node.path('/asked')}
case "$*" in
*--value*) cat ${node.path('/invocation')} ;;
restart*) echo two >${node.path('/invocation')} ;;
show*none.service) echo LoadState=not-found ;;
show*) printf 'LoadState=loaded\\nActiveState=active\\nInvocationID=%s\\nJob=0\\n' "$(cat ${node.path('/invocation')})" ;;
esac`,
    )
  })
  afterEach(() => node.remove())
  const restarts = () =>
    node
      .text('/asked')
      .split('\n')
      .filter(line => line.startsWith('restart'))

  test.skipIf(!there)('restarts a unit, and waits for another invocation', async () => {
    await node.access.restartUnit('n1', 'kubelet.service')
    expect(restarts()).toEqual(['restart --no-block kubelet.service'])
  })

  test.skipIf(!there)('a unit that is not there, or no name at all, is refused', async () => {
    await expect(node.access.restartUnit('n1', 'none.service')).rejects.toMatchObject({ code: 'nodes.unit' })
    await expect(node.access.restartUnit('n1', '--now kubelet')).rejects.toMatchObject({ code: 'nodes.unit' })
    expect(restarts()).toEqual([])
  })

  test.skipIf(!there)('sets a sysctl by its key as sysctl(8) spells it', async () => {
    node.put('/proc/sys/net/ipv6/conf/eth0.100/accept_ra', '1\n')
    await node.access.setSysctl('n1', 'net.ipv6.conf.eth0/100.accept_ra', '2')
    expect(node.text('/proc/sys/net/ipv6/conf/eth0.100/accept_ra')).toBe('2\n')
  })

  test.skipIf(!there)('a sysctl that is not there, or not of the network, is refused', async () => {
    await expect(node.access.setSysctl('n1', 'net.ipv4.none', '1')).rejects.toMatchObject({
      code: 'nodes.refused',
    })
    for (const key of ['kernel.panic', 'net.../../kernel/panic', 'net.ipv4.x y']) {
      await expect(node.access.setSysctl('n1', key, '1')).rejects.toMatchObject({ code: 'nodes.sysctl' })
    }
  })

  test.skipIf(!there)('reads the newest log of a pod, without what the runtime put in front', async () => {
    const folder = '/var/log/pods/kube-system_kube-apiserver-n1_uid/kube-apiserver'
    node.put(`${folder}/0.log`, '2026-11-23T03:09:11.1Z stderr F one\n2026-11-23T03:09:11.2Z stdout P two\n')
    expect(await node.access.logs('n1', { pod: 'kube-apiserver-n1' }, 5)).toBe('one\ntwo\n')
    expect(await node.access.logs('n1', { pod: 'kube-apiserver-n1' }, 1)).toBe('two\n')
    await expect(node.access.logs('n1', { pod: '*/../x' }, 1)).rejects.toMatchObject({ code: 'nodes.logs' })
  })
})
