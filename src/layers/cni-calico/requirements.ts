import { RefusedError } from '../../base/errors.ts'
import { getIpam } from '../../text/json-template.ts'
import type { Calico } from './read.ts'

/** What this layer's edits rely on; said before anything is planned, naming what is missing. */
export function requireManifestInstall(state: Calico): void {
  const { environment, source, config, backend, daemonSet } = state
  const datastore = environment['DATASTORE_TYPE']
  if (datastore !== undefined && datastore !== 'kubernetes') {
    throw new RefusedError(
      `DaemonSet ${state.namespace}/calico-node: DATASTORE_TYPE is ${datastore}`,
      'calico.datastore',
      'Only Calico with the Kubernetes datastore (calico.yaml) is known to this version.',
    )
  }
  if (backend === 'none') {
    throw new RefusedError(
      `Calico's networking backend is none: another CNI gives pods their addresses`,
      'calico.policy-only',
      'Convert the CNI that does the networking; Calico follows it.',
    )
  }
  if (source === undefined || config === undefined) {
    throw new RefusedError(
      `DaemonSet ${state.namespace}/calico-node: its init container install-cni takes CNI_NETWORK_CONFIG from no ConfigMap that could be read`,
      'calico.no-config',
      'This version edits the ConfigMap calico-config of calico.yaml.',
    )
  }
  const ipam = getIpam(config)?.['type']
  if (ipam !== 'calico-ipam') {
    throw new RefusedError(
      `ConfigMap ${state.namespace}/${source.name}, key ${source.key}: ipam is ${typeof ipam === 'string' ? ipam : 'not there'}`,
      'calico.ipam',
      ipam === 'host-local'
        ? 'host-local takes addresses from the podCIDRs of the Node, and a Node never gets a second one: every Node would have to be deleted and registered anew, which this version does not do. Nothing was changed.'
        : 'Only calico-ipam gives a running node a second family without replacing its Node object.',
    )
  }
  const strategy = (daemonSet['spec'] as { updateStrategy?: { type?: string } } | undefined)?.updateStrategy
    ?.type
  if (strategy === 'OnDelete') {
    throw new RefusedError(
      `DaemonSet ${state.namespace}/calico-node: updateStrategy is OnDelete, so a change of it would reach no node`,
      'calico.on-delete',
      'Set spec.updateStrategy.type to RollingUpdate.',
    )
  }
}
