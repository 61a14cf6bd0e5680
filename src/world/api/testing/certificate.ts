import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'

export interface KeyPair {
  /** PEM */
  readonly cert: string
  readonly key: string
}

/**
 * A self-signed certificate (X.509 v3, P-256), made anew for each test run: neither openssl nor a key in the repository is needed, and all
 * tests go over real TLS, with client certificates too. Just enough DER for that (RFC 5280, ITU-T X.690).
 */
export function selfSigned(
  commonName: string,
  names: readonly string[] = [],
  valid: readonly [Date, Date] = decade(),
): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const algorithm = sequence(oid('1.2.840.10045.4.3.2')) // ecdsa-with-SHA256
  const subject = sequence(set(sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(commonName)))))
  const extensions = [
    sequence(oid('2.5.29.19'), der(0x01, Buffer.of(0xff)), octets(sequence(der(0x01, Buffer.of(0xff))))), // CA: true
    sequence(oid('2.5.29.14'), octets(octets(createHash('sha1').update(spki).digest()))), // subjectKeyIdentifier
    ...(names.length === 0
      ? []
      : [sequence(oid('2.5.29.17'), octets(sequence(...names.map(alternativeName))))]),
  ]
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))), // version 3
    der(0x02, Buffer.concat([Buffer.of(0x01), randomBytes(15)])), // serial number, positive
    algorithm,
    subject, // issuer: itself
    sequence(...valid.map(generalizedTime)),
    subject,
    spki,
    der(0xa3, sequence(...extensions)),
  )
  const signature = createSign('sha256').update(body).sign(privateKey)
  const certificate = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.of(0), signature])))
  const lines = certificate.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

function decade(): [Date, Date] {
  const now = Date.now()
  return [new Date(now - 86_400_000), new Date(now + 3650 * 86_400_000)]
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}
const sequence = (...parts: Buffer[]): Buffer => der(0x30, Buffer.concat(parts))
const set = (...parts: Buffer[]): Buffer => der(0x31, Buffer.concat(parts))
const octets = (content: Buffer): Buffer => der(0x04, content)

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** Seven bits a byte, the high bit set on all but the last. */
function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80)
  return bytes
}

const generalizedTime = (date: Date): Buffer =>
  der(0x18, Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(0, 14)}Z`))

function alternativeName(name: string): Buffer {
  if (isIPv4(name)) return der(0x87, Buffer.from(name.split('.').map(Number)))
  if (isIPv6(name)) {
    const [head = '', tail = ''] = name.split('::')
    const groups = (text: string) =>
      text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16))
    const [left, right] = [groups(head), groups(tail)]
    const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
    return der(0x87, Buffer.from(all.flatMap(group => [group >> 8, group & 0xff])))
  }
  return der(0x82, Buffer.from(name))
}
