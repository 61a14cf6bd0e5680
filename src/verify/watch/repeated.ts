import type { Ask } from '../../model/verification.ts'

/** Scenarios that are not asked again and again, and why. Whatever is new is, unless it stands here. */
export const notRepeated: Readonly<Record<string, string>> = {
  'default-route': 'looked at, not sent',
  'node-to-pod': 'a node has nothing of ours that could ask by itself',
  'pod-to-node':
    'it asks the port of the kubelet, which closes for a moment whenever the kubelet starts anew',
  'pod-to-own-service':
    'the pods behind it are the user’s: a run makes them anew, and one alone is away meanwhile',
  'packet-size': 'large packets are many packets',
  'node-to-service': 'a node has nothing of ours that could ask by itself',
  'session-affinity': 'one answer alone says nothing',
  'long-lived': 'it holds one connection',
  'node-to-node-port': 'a node has nothing of ours that could ask by itself',
}

/** Asks of which each has an answer of its own, sent by a client that stands where they begin. */
export const isRepeated = ({ scenario, expect }: Ask): boolean =>
  notRepeated[scenario] === undefined && expect === 'answers'
