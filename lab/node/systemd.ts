/** What a node's systemd must leave alone: it would reach for hardware, or for the host's kernel. */
export const maskedUnits: readonly string[] = [
  // Devices: /dev is the node's own and complete.
  'systemd-udevd.service',
  'systemd-udevd-control.socket',
  'systemd-udevd-kernel.socket',
  'systemd-udev-trigger.service',
  'systemd-tmpfiles-setup-dev.service',
  'kmod-static-nodes.service',
  'systemd-modules-load.service',
  // The host's file systems, firmware and kernel.
  'systemd-remount-fs.service',
  'systemd-pstore.service',
  'systemd-repart.service',
  'systemd-binfmt.service',
  'systemd-hwdb-update.service',
  'systemd-random-seed.service',
  'systemd-pcrphase.service',
  'systemd-pcrphase-sysinit.service',
  'systemd-journald-audit.socket',
  'proc-sys-fs-binfmt_misc.automount',
  'sys-fs-fuse-connections.mount',
  'sys-kernel-config.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'dev-hugepages.mount',
  'dev-mqueue.mount',
  // The lab configures the network, and the clock is the host's.
  'systemd-networkd.service',
  'systemd-networkd.socket',
  'systemd-resolved.service',
  'systemd-timesyncd.service',
  // Nobody sits in front of it.
  'systemd-logind.service',
  'getty.target',
  'getty-static.service',
  'console-getty.service',
  'systemd-ask-password-wall.path',
  'systemd-ask-password-console.path',
  'systemd-firstboot.service',
  'systemd-machine-id-commit.service',
  'systemd-update-utmp.service',
  'systemd-update-utmp-runlevel.service',
]

export const enabledUnits: readonly string[] = ['containerd.service', 'ssh.service', 'kubelet.service']

/** As the kubelet package of pkgs.k8s.io has it. */
export const kubeletService = `[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
`

/** As the kubeadm package of pkgs.k8s.io has it. */
export const kubeadmDropIn = `# Note: This dropin only works with kubeadm and kubelet v1.11+
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
# This is a file that "kubeadm init" and "kubeadm join" generate at runtime, populating the KUBELET_KUBEADM_ARGS variable dynamically
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
# This is a file that the user can use for overrides of the kubelet args as a last resort. Preferably, the user should use
# the .NodeRegistration.KubeletExtraArgs object in the configuration files instead. KUBELET_EXTRA_ARGS should be sourced from this file.
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`
