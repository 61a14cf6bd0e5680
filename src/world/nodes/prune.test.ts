import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeNode, shells } from './testing/node.ts'

const base = '/var/lib/dualstack'
const runs = [1, 2, 3, 4, 5].map(
  day => `2026010${day}T120000Z-${day % 2 === 1 ? 'apply' : 'rollback'}-ab0${day}`,
)
const [first = '', second = '', ...last] = runs

describe.each(shells)('old copies on a node, under $name', ({ argv, there }) => {
  let node: FakeNode
  beforeEach(() => {
    node = new FakeNode(argv)
    // Made in another order than their names say.
    for (const run of runs.toReversed()) node.put(`${base}/${run}/files/etc/kubernetes/x.yaml`, 'old', 0o600)
  })
  afterEach(() => node.remove())
  const left = () => readdirSync(node.path(base)).sort()

  test.skipIf(!there)('the newest stay, and whoever asks again finds nothing more to do', async () => {
    expect(await node.access.prune('n1', 3)).toEqual([first, second])
    expect(left()).toEqual(last)
    expect(node.text(`${base}/${last[0] ?? ''}/files/etc/kubernetes/x.yaml`)).toBe('old')
    expect(await node.access.prune('n1', 3)).toEqual([])
    expect(await node.access.prune('n1', 99)).toEqual([])
  })

  test.skipIf(!there)('a run of which a switch is armed, or a unit still stands, is kept', async () => {
    node.put(`${base}/${first}/guard/kubelet_n1/armed`, '')
    node.put(
      '/etc/systemd/system/dualstack-swap-x.service',
      `ExecStart=/bin/sh ${node.path(base)}/${second}/swap/x/agent.sh\n`,
    )
    expect(await node.access.prune('n1', 3)).toEqual([])
    expect(left()).toEqual(runs)
    node.put(`${base}/${first}/guard/kubelet_n1/armed`, '')
    expect(await node.access.prune('n1', 0)).toEqual(last)
  })

  test.skipIf(!there)('what is not the folder of a run is left', async () => {
    node.put(`${base}/notes/by-hand`, 'mine')
    node.put('/elsewhere/file', 'mine')
    symlinkSync(node.path('/elsewhere'), node.path(`${base}/20250101T000000Z-apply-0000`))
    expect(await node.access.prune('n1', 0)).toEqual(runs)
    expect(left()).toEqual(['20250101T000000Z-apply-0000', 'notes'])
    expect(node.text('/elsewhere/file')).toBe('mine')
  })

  test.skipIf(!there)('a node where nothing was ever changed has nothing to prune', async () => {
    const other = new FakeNode(argv)
    expect(await other.access.prune('n1', 3)).toEqual([])
    expect(existsSync(other.path(base))).toBe(false)
    other.remove()
  })
})
