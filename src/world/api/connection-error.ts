import { UnreachableError } from '../../base/errors.ts'

/** No answer came. Internal: callers of KubeApi see UnreachableError. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  constructor(
    readonly reason: Error,
    /** false: certainly nothing reached the server, so that even a create may be tried again. */
    readonly sent: boolean,
  ) {
    super(wordsOf(reason), { cause: reason })
  }

  get code(): string {
    return codeOf(this.reason)
  }

  /** A certificate problem does not mend itself while we wait. */
  get permanent(): boolean {
    return certificateCodes.test(this.code) || this.code === 'ENOTFOUND'
  }
}

const certificateCodes =
  /^(CERT_|ERR_TLS_CERT|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH|EPROTO)/

/** `AggregateError`: Node tried several addresses of one name, and its own message is empty. */
const codeOf = (error: Error): string =>
  (error as NodeJS.ErrnoException).code ??
  (error instanceof AggregateError ? codeOf(error.errors[0] as Error) : '')

const wordsOf = (error: Error): string =>
  error instanceof AggregateError && error.message === ''
    ? error.errors.map(one => (one as Error).message).join(', ')
    : error.message || error.name

/** What a user sees after the last try. */
export function unreachable(
  server: string,
  error: ConnectionError,
  seconds: number,
  unknown: boolean,
): UnreachableError {
  if (certificateCodes.test(error.code)) {
    const hint =
      error.code === 'ERR_TLS_CERT_ALTNAME_INVALID'
        ? 'The certificate is for other names: use one of them in the kubeconfig’s server, or set tls-server-name.'
        : 'Its certificate is not from the certificate-authority in the kubeconfig, or not valid now. Is this the right cluster?'
    return new UnreachableError(
      `no trusted connection to ${server}: ${error.message}`,
      'api.tls',
      hint,
      error,
    )
  }
  const tried = seconds >= 1 ? ` (tried for ${Math.round(seconds)} s)` : ''
  const lost = unknown
    ? ' Whether the last request was carried out is not known; it is safe to run again.'
    : ''
  return new UnreachableError(
    `${server} does not answer: ${error.message}${tried}.${lost}`,
    'api.unreachable',
    hints[error.code] ?? 'Does `kubectl get --raw /readyz` work from here?',
    error,
  )
}

const hints: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    'Nobody listens there: is kube-apiserver running (on its node: crictl ps -a), and the port right?',
  ENOTFOUND: 'The name does not resolve: is the kubeconfig’s server right, and is the VPN up?',
  ETIMEDOUT: 'No packet comes back: is a firewall or a missing route in between?',
  EHOSTUNREACH: 'There is no route to it: is the VPN or the node’s network up?',
  ENETUNREACH: 'There is no route to it: is the VPN or the node’s network up?',
}
