import { expect, test } from 'vitest'
import { layers } from './layers.ts'
import { formOf, planDocument } from './document.ts'
import { planFor } from './plan.ts'
import { readBundle } from '../observe/bundle.ts'
import { readsOf } from '../model/layer.ts'

test.each([
  ['plan.md', 'markdown'],
  ['a/PLAN.HTML', 'html'],
  ['x.htm', 'html'],
])('%s is %s', (path, form) => {
  expect(formOf(path)).toBe(form)
})

test.each(['plan', 'plan.pdf', 'html', '.md/plan'])('%s is no document that is known', path => {
  expect(() => formOf(path)).toThrow('says which kind of document')
})

test('the document of a real cluster: every step is in it, and a token in a changed line is not', async () => {
  const cluster = await readBundle('samples/calico-1cp-1w', readsOf(layers))
  const plan = planFor(cluster, {}, layers)
  const secret = 'abcdef.0123456789abcdef'
  const [first] = plan.steps
  if (first === undefined) throw new Error('no steps')
  const planted = {
    ...plan,
    steps: [
      {
        ...first,
        changes: [
          {
            target: { kind: 'file' as const, node: 'n1', path: '/var/lib/kubelet/kubeadm-flags.env' },
            before: null,
            after: `sha256:${'0'.repeat(64)}`,
            edits: [
              { at: 1, remove: [], insert: [`KUBELET_EXTRA_ARGS="--token=${secret} --node-ip=10.0.0.1"\n`] },
            ],
          },
        ],
      },
      ...plan.steps.slice(1),
    ],
  }
  for (const form of ['markdown', 'html'] as const) {
    const text = await planDocument(planted, form, { version: cluster.version })
    expect(text).not.toContain(secret)
    expect(text).toContain('--node-ip=10.0.0.1')
    for (const step of plan.steps) expect(text.replaceAll('\\', '')).toContain(step.id)
  }
})
