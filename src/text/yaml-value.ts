/** Values in block style YAML: kubeadm's ClusterConfiguration, kube-proxy's configuration. */
export { type Component, type ExtraArgsForm, extraArgsForm, getExtraArg, setExtraArg } from './extra-args.ts'
export { getScalar, setScalar } from './yaml-scalar.ts'
