import { cgroupVersion } from './cgroup.ts'

/** /etc/containerd/config.toml of a node. */
export function containerdConfig(pause: string): string {
  return `version = 2
# zfs, btrfs and others are not there; asking for them only delays the start.
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
]

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pause}"
  # Root may be without CAP_SYS_RESOURCE here. runc would then die with
  # "can't get final child's PID from pipe: EOF" when a pod asks for a negative score.
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/opt/cni/bin"
  conf_dir = "/etc/cni/net.d"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = ${cgroupVersion() === 2}
`
}
