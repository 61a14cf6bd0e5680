import { fileOf } from '../../model/changes.ts'
import type { Violation } from '../../model/rule.ts'
import { ruleThere } from '../../rules/cluster-rule.ts'
import { pod, situation } from '../../rules/example.ts'
import { readFlags } from '../../text/manifest.ts'
import { readArguments } from './arguments.ts'
import { attempt } from './edit.ts'
import { type Component, instancesOf, manifestPath, runningFlags, staticPodReads } from './static-pod.ts'

const components: readonly Component[] = ['kube-apiserver', 'kube-controller-manager']

const drift = ruleThere({
  id: 'static-pod-drift/flags',
  severity: 'warning',
  title: 'API servers and controller managers run with the flags of their manifests',
  why: 'A manifest is a wish: where the kubelet has not taken it (it cannot be parsed, another file defines the same pod, the kubelet hangs) another process runs. The restart that the conversion brings takes every change in it at once, not only ours.',
  source: 'k/k:pkg/kubelet/config/file.go',
  covers: ['practice drift', 'K16', 'P20'],
  remedy:
    'Find out why it was not taken (journalctl -u kubelet; a second file in the folder of manifests), and let that component restart by itself before the conversion.',
  reads: components.flatMap(staticPodReads),
  find: ({ cluster }) =>
    components.flatMap(component =>
      instancesOf(cluster, component).flatMap((node): readonly Violation[] => {
        const text = fileOf(cluster, node, manifestPath(component))?.text
        const runs = runningFlags(cluster, node, component)
        if (text === undefined || runs === undefined) return []
        // What cannot be understood is refused by the layer, with the place.
        const { value: manifest } = attempt(node, () => readFlags(text, component))
        if (manifest === undefined) return []
        const written = readArguments(manifest.argv)
        return (
          [...new Set([...written.keys(), ...runs.keys()])]
            .filter(name => written.get(name) !== runs.get(name))
            // What a bundle leaves out of one of them says nothing.
            .filter(name => !`${written.get(name)} ${runs.get(name)}`.includes('REDACTED'))
            .map(name => ({
              object: `${component} on ${node}`,
              field: `--${name}`,
              message: 'the manifest says something else than runs',
            }))
        )
      }),
    ),
  examples: {
    bad: [() => withServer(['--v=2'], ['--v=4']), () => withServer([], ['--profiling=false'])],
    good: [() => withServer(['--v=2'], ['--v=2']), () => situation()],
  },
})

const withServer = (manifest: readonly string[], running: readonly string[]) => {
  const name = 'kube-apiserver'
  const command = [name, '--secure-port=6443']
  const words = (flags: readonly string[]): readonly string[] => [...command, ...flags]
  const mirror = pod({
    namespace: 'kube-system',
    name: `${name}-n1`,
    owner: { kind: 'Node', name: 'n1' },
    hostNetwork: true,
    labels: { component: name },
    mirror: 'hash',
    commands: { [name]: words(running) },
  })
  const text = [
    'kind: Pod',
    'spec:',
    '  containers:',
    '  - command:',
    ...words(manifest).map(word => `    - ${word}`),
    `    name: ${name}`,
    '',
  ].join('\n')
  return situation({
    pods: [mirror],
    objects: {
      'v1/nodes': [{ metadata: { name: 'n1', labels: { 'node-role.kubernetes.io/control-plane': '' } } }],
    },
    node: { files: { [manifestPath(name)]: { text } } },
  })
}

export const driftRules = [drift] as const
