/**
 * kubeadm writes the first; the package brings the name of the second (Debian) or third (Red Hat); kubespray makes the fourth.
 */
export const envFiles = [
  '/var/lib/kubelet/kubeadm-flags.env',
  '/etc/default/kubelet',
  '/etc/sysconfig/kubelet',
  '/etc/kubernetes/kubelet.env',
] as const

/** Where systemd looks for units, the strongest last (systemd.unit(5)). /lib is a link to /usr/lib nearly everywhere. */
export const unitFolders = [
  '/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/usr/local/lib/systemd/system',
  '/run/systemd/system',
  '/etc/systemd/system',
] as const

export const unitNames = ['kubelet.service'] as const
