import { expect, test } from 'vitest'
import { UnreachableError } from '../base/errors.ts'
import type { KubeObject } from '../model/cluster.ts'
import type { World } from '../world/ports.ts'
import { startPods } from './stage.ts'

/** Pods are made, and wait for that reason for ever. */
function waitingWorld(reason: string): World {
  const made: KubeObject[] = []
  let now = 0
  return {
    clock: { now: () => now, sleep: (ms: number) => Promise.resolve(void (now += ms)) },
    api: {
      create: (_: string, object: KubeObject) => {
        made.push(object)
        return Promise.resolve(object)
      },
      async *list() {
        const status = { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason } } }] }
        yield* made.map(pod => ({ ...pod, status }))
      },
    },
  } as unknown as World
}

const pod = {
  role: 'peer',
  node: 'n1',
  namespace: 'verify-x',
  image: 'agnhost',
  isSctp: false,
  isHostPort: false,
  lifetime: 60,
} as const

test.each([
  ['ContainerCreating', /`dualstack diagnose`/],
  ['ImagePullBackOff', /^Where there is no registry, --image/],
])('where no test pod starts, the hint is about what they wait for: %s', async (reason, hint) => {
  const error: unknown = await startPods(waitingWorld(reason), [pod], 10).catch((one: unknown) => one)
  expect(error).toBeInstanceOf(UnreachableError)
  expect(error).toMatchObject({ code: 'verify.no-pods', hint: expect.stringMatching(hint) as string })
})
