/** Places that no rule sees beforehand, and why. A test holds that each place has a rule or a line here, and not both without need. */
export const notSeen: Readonly<Record<string, string>> = {
  'kubernetes 5.4':
    'shows only when somebody deletes a Node; the plan deletes none, and a rule cannot see what will be typed',
  'kubernetes 9': 'tests of a cluster, not demands on one',
  P41: 'versions of tools that people run outside the cluster',
  K19: 'a statement about kubeadm, not about a cluster',
}
