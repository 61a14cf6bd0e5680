import { expect, test } from 'vitest'
import type { KubeObject } from '../../model/cluster.ts'
import { ownFields } from './surge.ts'

const annotated = (text: string): KubeObject => ({
  metadata: {
    name: 'd',
    namespace: 'x',
    annotations: { 'kubectl-dualstack/update-strategy': text },
  },
  spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
})

test.each(['null', '7', '"x"', '[]', '{', ''])(
  'an annotation that somebody made %j gives back nothing, and is taken away',
  text => {
    const fields = ownFields(annotated(text))
    expect(fields.map(({ path }) => path.at(-1))).toEqual(['kubectl-dualstack/update-strategy'])
    expect(fields[0]?.after).toBeNull()
  },
)
