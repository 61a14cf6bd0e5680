/** Places that no rule sees beforehand, and why. A test holds that each place has a rule or a line here, and not both without need. */
export const notSeen: Readonly<Record<string, string>> = {
  'kubernetes 9': 'tests of a cluster, not demands on one',
  K19: 'a statement about kubeadm, not about a cluster',
}
