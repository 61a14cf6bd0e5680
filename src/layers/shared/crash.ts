import type { Pod } from '../../model/cluster.ts'

/**
 * Has a container of this pod exited again and again? The kubelet restarts it at once, then waits 10, 20, 40 s, and says so. The first
 * wait is not counted: a process may exit once because the API server it talks to is being replaced.
 */
export function isCrashLooping(pod: Pod): boolean {
  const { waiting } = pod
  return waiting?.startsWith('CrashLoopBackOff') === true && !waiting.includes('back-off 10s ')
}

/** Where the words are that say why. */
export const lookAtLog = (pod: Pod): string =>
  `Read its last words: kubectl logs -n ${pod.namespace} ${pod.name} --previous (or crictl logs on ${pod.node}).`
