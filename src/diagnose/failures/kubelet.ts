import type { Failure } from '../../model/failure.ts'
import { event, failures, lab, quoted, says } from './define.ts'

const addresses = 'k/k:pkg/kubelet/nodestatus/setters.go, pkg/kubelet/kubelet_node_status.go'

/** What kubelets and runtimes say, besides what rules say. */
export const kubeletFailures: readonly Failure[] = failures('kubelet', 'kubelet', {
  'node-ip-old-words': {
    title: 'the kubelet refuses its --node-ip, in the words of old versions',
    cause:
      'Up to 1.26 a pair in --node-ip is only taken without a cloud provider, and never with 0.0.0.0 or ::.',
    fix: 'Two addresses of this node, the reported one first; leave the second out where a cloud provider names the addresses.',
    source: 'k/k:cmd/kubelet/app/server.go',
    versions: '<1.27',
    covers: ['kubernetes 5.1'],
    signs: [
      says('kubelet', 'dual-stack --node-ip * not supported when using a cloud provider'),
      says('kubelet', "dual-stack --node-ip * cannot include '0.0.0.0' or '::'"),
    ],
    sample: quoted('dual-stack --node-ip "10.0.0.11,fd00:10::11" not supported when using a cloud provider'),
  },
  'status-not-set': {
    title: 'the kubelet could not set the Node’s addresses, and keeps the old ones',
    cause:
      'An address of --node-ip is not on this node or is of a kind that is not reported. The Node stays Ready with the addresses it had.',
    fix: 'Put the address on an interface for good, or correct --node-ip, then restart the kubelet. Its own reason stands in the same line.',
    source: addresses,
    covers: ['kubernetes 5.2', 'P17'],
    signs: [says('kubelet', 'Failed to set some node status fields', 'likely')],
    sample: quoted(
      'E1123 03:01:00.000000     812 kubelet_node_status.go:720] "Failed to set some node status fields" err="failed to validate secondaryNodeIP: something else" node="n1"',
    ),
  },
  'node-not-registered': {
    title: 'the Node object is gone, and this kubelet does not make it again',
    cause:
      'A kubelet registers its Node once in its life. After the Node was deleted it only goes on to complain.',
    fix: 'Restart the kubelet. Put labels, taints and role back afterwards: it may not set them itself.',
    source: 'k/k:pkg/kubelet/kubelet_node_status.go',
    covers: ['kubernetes 5.4', 'K18', 'P04'],
    signs: [
      // Each ten seconds; `error getting node "n2": Get "https://…": dial tcp` is an API server that is away.
      says('kubelet', 'error getting node * not found', 'likely', { again: 60 }),
      says('kubelet', 'Error getting node" err="node * not found', 'likely', { again: 60 }),
    ],
    sample: lab(
      'E1123 03:01:00.000000     812 kubelet_node_status.go:540] "Error updating node status, will retry" err="error getting node \\"n2\\": nodes \\"n2\\" not found"',
    ),
  },
  'uid-mismatch': {
    title: 'the Node was made again, and a mirror pod still carries the UID of the old one',
    cause:
      'The API server takes mirror pods only with the UID of the Node that is there now; the kubelet knew the former.',
    fix: 'Restart the kubelet of that node.',
    source: 'k/k:plugin/pkg/admission/noderestriction/admission.go',
    covers: ['kubernetes 3.2'],
    signs: [says('kubelet', 'UID mismatch: expected * got', 'likely', { near: ['node '] })],
    sample: quoted(
      'E1123 03:01:00.000000     812 kubelet.go:1900] "Failed creating a mirror pod" err="pods \\"etcd-n1\\" is forbidden: node n1 UID mismatch: expected aaa got bbb"',
    ),
  },
  'configuration-file': {
    title: 'the kubelet cannot read its configuration file',
    cause:
      'The file that --config names is missing, or an edit broke its YAML or names a field that does not exist.',
    fix: 'Look at /var/lib/kubelet/config.yaml; what is wrong stands in the same line. --node-ip is a flag: the file has no field for it.',
    source: 'k/k:cmd/kubelet/app/server.go',
    signs: [says('kubelet', 'failed to load kubelet config file')],
    sample: quoted(
      '"command failed" err="failed to load kubelet config file, path: /var/lib/kubelet/config.yaml, error: strict decoding error: unknown field \\"nodeIP\\""',
    ),
  },
  'manifest-unreadable': {
    title: 'a manifest of a static pod cannot be read',
    cause:
      'A file in /etc/kubernetes/manifests is no pod any more after an edit. At the next reading, within 20 seconds, its pod is taken away.',
    fix: 'Correct the YAML: write the whole file beside it under a name with a dot in front, and rename it over the old one.',
    source: 'k/k:pkg/kubelet/config/file.go, file_linux.go',
    layer: 'static-pods',
    covers: ['kubernetes 10'],
    signs: [says('kubelet', 'Could not process manifest file')],
    sample: lab(
      `E1129 11:10:15.985892  207682 file.go:186] "Could not process manifest file" err="/etc/kubernetes/manifests/kube-controller-manager.yaml: couldn't parse as pod(yaml: line 28: found a tab character that violates indentation), please check config file" path="/etc/kubernetes/manifests/kube-controller-manager.yaml"`,
    ),
  },
  'no-network': {
    title: 'the CNI plugin is not ready on this node',
    cause:
      'There is no usable file in /etc/cni/net.d, or the CNI’s pod on this node does not run: no pod gets a network, and the Node is NotReady.',
    fix: 'Look at the CNI’s pod of that node and at /etc/cni/net.d; the CNI’s own log says why.',
    source: 'k/k:pkg/kubelet/container_runtime, containerd:internal/cri/server/status.go',
    layer: 'cni',
    signs: [
      says('kubelet', 'NetworkReady=false reason:NetworkPluginNotReady', 'likely'),
      says('kubelet', 'cni plugin not initialized', 'likely'),
    ],
    sample: lab(
      'E1123 07:25:30.000000     812 kubelet.go:3117] "Container runtime network not ready" networkReady="NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"',
    ),
  },
  'runtime-away': {
    title: 'the container runtime does not answer',
    cause: 'containerd (or CRI-O) is down or hangs: nothing can be started or asked on this node.',
    fix: 'On the node: `systemctl status containerd`, `journalctl -u containerd`.',
    source: 'k/k:staging/src/k8s.io/cri-client',
    layer: 'containerd',
    signs: [
      says('kubelet', 'connect: connection refused', 'likely', { near: ['containerd.sock', 'crio.sock'] }),
      says('kubelet', 'connect: no such file or directory', 'likely', {
        near: ['containerd.sock', 'crio.sock'],
        // cAdvisor tries every runtime there is, once, and says so of those that are not there.
        except: ['container factory failed'],
      }),
      says('kubelet', 'container runtime is down', 'likely'),
    ],
    sample: quoted(
      '"Error getting version" err="rpc error: code = Unavailable desc = connection error: desc = \\"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory\\""',
    ),
  },
  'image-missing': {
    title: 'an image is not on the node and cannot be pulled',
    cause:
      'The name is wrong, the registry does not answer (over the family that the node now prefers?), or needs a login.',
    fix: 'On the node: `crictl pull IMAGE`. Does the registry’s name have an AAAA record that the node cannot reach?',
    source: 'k/k:pkg/kubelet/images/types.go',
    layer: 'containerd',
    covers: ['practice images', 'P34'],
    signs: [
      says('any', 'Error: ImagePullBackOff', 'likely'),
      says('any', 'ErrImagePull: ', 'likely'),
      event('Failed', 'Failed to pull image', 'likely'),
    ],
    sample: quoted(
      'E1123 03:01:00.000000     812 pod_workers.go:1324] "Error syncing pod" err="failed to \\"StartContainer\\" for \\"web\\" with ErrImagePull: \\"not found\\""',
    ),
  },
  'sandbox-fails': {
    title: 'pods get no network: the CNI refuses',
    cause:
      'The CNI plugin ended with an error while it made a pod’s network. What it said stands in the same line.',
    fix: 'See what stands behind `plugin type=`. Without a pool of a family that is to be assigned, make the pool; then the pods start by themselves.',
    source: 'containerd:internal/cri/server/sandbox_run.go',
    layer: 'cni',
    covers: ['P23'],
    signs: [
      says('any', 'failed to setup network for sandbox', 'likely', { again: 90 }),
      event('FailedCreatePodSandBox', '', 'likely'),
    ],
    sample: lab(
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "4c1d": plugin type="calico" failed (add): something',
    ),
  },
  'serving-certificate': {
    title: 'a kubelet waits for a serving certificate with its new address',
    cause:
      'With serverTLSBootstrap a new address means a new certificate request, and nobody has approved it. `kubectl logs` and `exec` to that node may fail until then.',
    fix: '`kubectl get csr`, and approve the pending ones of kubernetes.io/kubelet-serving; teach the approver the new addresses.',
    source: 'k/k:pkg/kubelet/certificate/kubelet.go',
    covers: ['kubernetes 5.5', 'practice serving-certificates'],
    signs: [
      says('kubelet', 'no serving certificate available for the kubelet', 'likely'),
      says('kubelet', 'certificate request was not signed: timed out waiting for the condition', 'likely'),
    ],
    sample: quoted(
      'http: TLS handshake error from 10.0.0.11:41000: no serving certificate available for the kubelet',
    ),
  },
})
