import type { Breakage } from './breakage.ts'

export const kubeadmBreakages: readonly Breakage[] = [
  {
    id: 'kubeadm/config-left-single',
    title: 'the ConfigMap kubeadm-config was left as it was: the next upgrade takes the cluster back',
    base: 'dual',
    howto: ['nothing about the kubeadm-config ConfigMap'],
    break: site =>
      site.editConfigMap('kubeadm-config', 'ClusterConfiguration', text =>
        text.replace(/^(\s+(?:podSubnet|serviceSubnet): [^,\n]*),.*$/gm, '$1'),
      ),
    expect: {
      verify: { unseen: 'nothing runs by it until somebody upgrades' },
      diagnose: 'left-behind/upgrade-takes-it-back',
    },
  },
  {
    id: 'kubeadm/service-subnet-too-large',
    title: 'a /94 as Service range in kubeadm-config',
    base: 'dual',
    howto: ['a service range of /94'],
    break: site =>
      site.editConfigMap('kubeadm-config', 'ClusterConfiguration', text =>
        text.replace(/^(\s+serviceSubnet: [^,\n]*),.*$/m, '$1,fc00::4:0:0/94'),
      ),
    expect: {
      verify: { unseen: 'nothing runs by it until somebody upgrades' },
      diagnose: 'kubeadm-config/service-subnet-too-large',
    },
  },
  {
    id: 'certificates/api-server-expired',
    title: 'the certificate of the API server has expired',
    base: 'dual',
    howto: ['S12'],
    async break(site) {
      const node = site.controlPlane
      const pki = '/etc/kubernetes/pki'
      site.undo(() => site.until('the API server answers', 'outside', 'kubectl get --raw /readyz', 120))
      await site.change(
        node,
        `cp -p ${pki}/apiserver.crt ${pki}/apiserver.key /run/
         work=$(mktemp -d); cd $work; touch index.txt; echo 01 >serial
         openssl req -new -key ${pki}/apiserver.key -subj /CN=kube-apiserver -out csr.pem
         printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index.txt\\nserial=serial\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n[e]\\nsubjectAltName=IP:${node.ipv4},IP:10.96.0.1,DNS:kubernetes,DNS:${node.name}\\nextendedKeyUsage=serverAuth\\n' >ca.cnf
         openssl ca -batch -config ca.cnf -cert ${pki}/ca.crt -keyfile ${pki}/ca.key -in csr.pem -out crt.pem -extensions e \\
           -startdate 20200101000000Z -enddate 20210101000000Z -notext
         cat crt.pem >${pki}/.new; mv ${pki}/.new ${pki}/apiserver.crt`,
        `cp -p /run/apiserver.crt ${pki}/.new; mv ${pki}/.new ${pki}/apiserver.crt`,
      )
      await site.until(
        'the API server shows it',
        node,
        `! curl -sf --max-time 3 --cacert ${pki}/ca.crt https://${node.ipv4}:6443/readyz`,
        120,
      )
      await site.sh(node, 'sleep 20')
    },
    expect: { verify: { ends: 'api.tls' }, diagnose: 'certificates/expired' },
  },
]
