/**
 * What belongs to a Kubernetes minor version. The image tags are those that kubeadm of this patch version asks for
 * (`kubeadm config images list`), and the versions pinned in lab/go; verify.ts holds the two together.
 */
export interface Versions {
  readonly kubernetes: string
  /** Folder of the Go module under lab/go. */
  readonly module: string
  readonly etcd: string
  readonly coredns: string
  readonly pause: string
  readonly agnhost: string
}

export const versions = {
  '1.36': {
    kubernetes: 'v1.36.3',
    module: 'kubernetes/1.36',
    etcd: '3.6.8-0',
    coredns: 'v1.14.2',
    pause: '3.10.2',
    agnhost: '2.63.0',
  },
} as const satisfies Readonly<Record<string, Versions>>

export type Minor = keyof typeof versions

/** What the pinned commit of Calico's module calls itself in its manifests. */
export const calicoVersion = 'v3.28.5'

/** Pinned in lab/go/services. */
export const traefikVersion = 'v3.7.13'
export const metallbVersion = 'v0.15.2'
