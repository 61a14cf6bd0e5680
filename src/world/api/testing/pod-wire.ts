import { listOf, recordOf } from '../record.ts'

/**
 * What a kube-apiserver makes of a list of pods, and of a refusal, in protobuf. All fields that pods of the samples have are in it, so that an
 * answer is as large as a real one. `name=number:type`, `[]` where there may be several, `{}` for a map; types as in generated.proto of
 * k8s.io/api/core/v1 and apimachinery. The lab compares the client with a real server.
 */
const table: Readonly<Record<string, string>> = {
  Affinity: 'nodeAffinity=1:NodeAffinity podAntiAffinity=3:PodAntiAffinity',
  Capabilities: 'add=1[]:string drop=2[]:string',
  ConfigMapEnvSource: 'localObjectReference=1:LocalObjectReference optional=2:bool',
  ConfigMapKeySelector: 'localObjectReference=1:LocalObjectReference key=2:string',
  ConfigMapProjection: 'localObjectReference=1:LocalObjectReference items=2[]:KeyToPath',
  ConfigMapVolumeSource:
    'localObjectReference=1:LocalObjectReference items=2[]:KeyToPath defaultMode=3:int32',
  Container:
    'name=1:string image=2:string command=3[]:string args=4[]:string ports=6[]:ContainerPort env=7[]:EnvVar resources=8:ResourceRequirements volumeMounts=9[]:VolumeMount livenessProbe=10:Probe readinessProbe=11:Probe lifecycle=12:Lifecycle terminationMessagePath=13:string imagePullPolicy=14:string securityContext=15:SecurityContext envFrom=19[]:EnvFromSource terminationMessagePolicy=20:string startupProbe=22:Probe',
  ContainerPort: 'name=1:string hostPort=2:int32 containerPort=3:int32 protocol=4:string',
  ContainerState:
    'waiting=1:ContainerStateWaiting running=2:ContainerStateRunning terminated=3:ContainerStateTerminated',
  ContainerStateRunning: 'startedAt=1:Time',
  ContainerStateTerminated:
    'exitCode=1:int32 reason=3:string startedAt=5:Time finishedAt=6:Time containerID=7:string',
  ContainerStateWaiting: 'reason=1:string message=2:string',
  ContainerStatus:
    'name=1:string state=2:ContainerState lastState=3:ContainerState ready=4:bool restartCount=5:int32 image=6:string imageID=7:string containerID=8:string started=9:bool allocatedResources=10{}:Quantity resources=11:ResourceRequirements volumeMounts=12[]:VolumeMountStatus',
  DownwardAPIProjection: 'items=1[]:DownwardAPIVolumeFile',
  DownwardAPIVolumeFile: 'path=1:string fieldRef=2:ObjectFieldSelector',
  EnvFromSource: 'configMapRef=2:ConfigMapEnvSource',
  EnvVar: 'name=1:string value=2:string valueFrom=3:EnvVarSource',
  EnvVarSource: 'fieldRef=1:ObjectFieldSelector configMapKeyRef=3:ConfigMapKeySelector',
  ExecAction: 'command=1[]:string',
  HTTPGetAction: 'path=1:string port=2:IntOrString host=3:string scheme=4:string',
  HostIP: 'ip=1:string',
  HostPathVolumeSource: 'path=1:string type=2:string',
  KeyToPath: 'key=1:string path=2:string',
  LabelSelector: 'matchExpressions=2[]:LabelSelectorRequirement',
  LabelSelectorRequirement: 'key=1:string operator=2:string values=3[]:string',
  Lifecycle: 'preStop=2:LifecycleHandler',
  LifecycleHandler: 'exec=1:ExecAction',
  LocalObjectReference: 'name=1:string',
  ManagedFieldsEntry:
    'manager=1:string operation=2:string apiVersion=3:string time=4:Time fieldsType=6:string fieldsV1=7:FieldsV1 subresource=8:string',
  NodeAffinity: 'requiredDuringSchedulingIgnoredDuringExecution=1:NodeSelector',
  NodeSelector: 'nodeSelectorTerms=1[]:NodeSelectorTerm',
  NodeSelectorRequirement: 'key=1:string operator=2:string values=3[]:string',
  NodeSelectorTerm: 'matchFields=2[]:NodeSelectorRequirement',
  ObjectFieldSelector: 'apiVersion=1:string fieldPath=2:string',
  ObjectMeta:
    'name=1:string generateName=2:string namespace=3:string uid=5:string resourceVersion=6:string generation=7:int64 creationTimestamp=8:Time deletionTimestamp=9:Time labels=11{}:string annotations=12{}:string ownerReferences=13[]:OwnerReference finalizers=14[]:string managedFields=17[]:ManagedFieldsEntry',
  OwnerReference:
    'kind=1:string name=3:string uid=4:string apiVersion=5:string controller=6:bool blockOwnerDeletion=7:bool',
  Pod: 'metadata=1:ObjectMeta spec=2:PodSpec status=3:PodStatus',
  PodAffinityTerm: 'labelSelector=1:LabelSelector topologyKey=3:string',
  PodAntiAffinity: 'preferredDuringSchedulingIgnoredDuringExecution=2[]:WeightedPodAffinityTerm',
  PodCondition:
    'type=1:string status=2:string lastProbeTime=3:Time lastTransitionTime=4:Time observedGeneration=7:int64',
  PodIP: 'ip=1:string',
  PodSecurityContext: 'seccompProfile=10:SeccompProfile',
  PodSpec:
    'volumes=1[]:Volume containers=2[]:Container restartPolicy=3:string terminationGracePeriodSeconds=4:int64 dnsPolicy=6:string nodeSelector=7{}:string serviceAccountName=8:string serviceAccount=9:string nodeName=10:string hostNetwork=11:bool securityContext=14:PodSecurityContext hostname=16:string subdomain=17:string affinity=18:Affinity schedulerName=19:string initContainers=20[]:Container tolerations=22[]:Toleration priorityClassName=24:string priority=25:int32 enableServiceLinks=30:bool preemptionPolicy=31:string',
  PodStatus:
    'phase=1:string conditions=2[]:PodCondition message=3:string reason=4:string hostIP=5:string podIP=6:string startTime=7:Time containerStatuses=8[]:ContainerStatus qosClass=9:string initContainerStatuses=10[]:ContainerStatus podIPs=12[]:PodIP hostIPs=16[]:HostIP observedGeneration=17:int64 allocatedResources=19{}:Quantity resources=20:ResourceRequirements',
  Probe:
    'handler=1:ProbeHandler initialDelaySeconds=2:int32 timeoutSeconds=3:int32 periodSeconds=4:int32 successThreshold=5:int32 failureThreshold=6:int32',
  ProbeHandler: 'exec=1:ExecAction httpGet=2:HTTPGetAction',
  ProjectedVolumeSource: 'sources=1[]:VolumeProjection defaultMode=2:int32',
  ResourceRequirements: 'limits=1{}:Quantity requests=2{}:Quantity',
  SeccompProfile: 'type=1:string',
  SecurityContext:
    'capabilities=1:Capabilities privileged=2:bool readOnlyRootFilesystem=6:bool allowPrivilegeEscalation=7:bool',
  ServiceAccountTokenProjection: 'expirationSeconds=2:int64 path=3:string',
  Toleration: 'key=1:string operator=2:string effect=4:string tolerationSeconds=5:int64',
  Volume: 'name=1:string volumeSource=2:VolumeSource',
  VolumeMount: 'name=1:string readOnly=2:bool mountPath=3:string mountPropagation=5:string',
  VolumeMountStatus: 'name=1:string mountPath=2:string readOnly=3:bool recursiveReadOnly=4:string',
  VolumeProjection:
    'downwardAPI=2:DownwardAPIProjection configMap=3:ConfigMapProjection serviceAccountToken=4:ServiceAccountTokenProjection',
  VolumeSource:
    'hostPath=1:HostPathVolumeSource configMap=19:ConfigMapVolumeSource projected=26:ProjectedVolumeSource',
  WeightedPodAffinityTerm: 'weight=1:int32 podAffinityTerm=2:PodAffinityTerm',
  Status:
    'metadata=1:ListMeta status=2:string message=3:string reason=4:string details=5:StatusDetails code=6:int32',
  StatusDetails:
    'name=1:string group=2:string kind=3:string causes=4[]:StatusCause retryAfterSeconds=5:int32 uid=6:string',
  StatusCause: 'reason=1:string message=2:string field=3:string',
  ListMeta: 'resourceVersion=2:string continue=3:string',
}

interface WireField {
  readonly name: string
  readonly number: number
  readonly many: '' | '[]' | '{}'
  readonly type: string
}

const messages = new Map(
  Object.entries(table).map(([type, text]) => [type, text.split(' ').map(fieldOf)] as const),
)

function fieldOf(text: string): WireField {
  const [, name = '', number, many = '', type = ''] = /^(\w+)=(\d+)(\[\]|\{\})?:(\w+)$/.exec(text) ?? []
  return { name, number: Number(number), many: many as WireField['many'], type }
}

/** What Go embeds is a message of its own here, and its fields stand beside the others in JSON. */
const embedded = new Set(['volumeSource', 'handler', 'localObjectReference'])

/** The body of an answer: `PodList` from a list's JSON, `Status` from a refusal's. @throws RangeError for a field that is not in the table */
export function protobufBody(kind: 'PodList' | 'Status', body: unknown): Buffer {
  const { items, metadata } = recordOf(body)
  const raw =
    kind === 'Status'
      ? messageOf('Status', body)
      : Buffer.concat([part(1, messageOf('ListMeta', metadata)), ...many(2, 'Pod', items)])
  const typeMeta = Buffer.concat([part(1, Buffer.from('v1')), part(2, Buffer.from(kind))])
  const none = Buffer.alloc(0)
  return Buffer.concat([
    Buffer.from('k8s\0', 'latin1'),
    part(1, typeMeta),
    part(2, raw),
    part(3, none),
    part(4, none),
  ])
}

const many = (number: number, type: string, values: unknown): Buffer[] =>
  listOf(values).map(value => part(number, messageOf(type, value)))

function messageOf(type: string, value: unknown): Buffer {
  const special = specials[type]
  if (special !== undefined) return special(value)
  const fields = messages.get(type) ?? []
  const { apiVersion: _version, kind: _kind, ...given } = recordOf(value)
  // Those two are the envelope's, but for an owner reference and a field reference.
  const object = fields.some(({ name }) => name === 'kind' || name === 'apiVersion') ? recordOf(value) : given
  const left = new Set(Object.keys(object))
  const parts = fields.flatMap((field): readonly Buffer[] => {
    const { name, number, many, type } = field
    const own = object[name]
    if (own === undefined && embedded.has(name)) {
      const names = new Set((messages.get(type) ?? []).map(one => one.name))
      const inner = Object.entries(object).filter(([key]) => names.has(key))
      for (const [key] of inner) left.delete(key)
      return [part(number, messageOf(type, Object.fromEntries(inner)))]
    }
    left.delete(name)
    // Go writes a text that is empty, and a time that is none.
    if (own === undefined || own === null) {
      if ((type === 'string' || type === 'Time') && many === '') return [part(number, empty)]
      return zeros.has(name) ? [fieldBytes(number, type, 0)] : []
    }
    if (many === '[]') return listOf(own).map(item => fieldBytes(number, type, item))
    if (many === '{}')
      return Object.entries(recordOf(own)).map(([key, item]) =>
        part(number, Buffer.concat([fieldBytes(1, 'string', key), fieldBytes(2, type, item)])),
      )
    return [fieldBytes(number, type, own)]
  })
  if (left.size > 0) throw new RangeError(`${type}: ${[...left].join(', ')} not in the table`)
  return Buffer.concat(parts)
}

function fieldBytes(number: number, type: string, value: unknown): Buffer {
  if (type === 'bool') return Buffer.concat([varint(number * 8), varint(value === true ? 1 : 0)])
  if (type === 'int32' || type === 'int64') return Buffer.concat([varint(number * 8), varint(Number(value))])
  return part(number, type === 'string' ? Buffer.from(String(value)) : messageOf(type, value))
}

const empty = Buffer.alloc(0)
/** Numbers that JSON leaves out where they are 0, and Go writes here. */
const zeros = new Set(['retryAfterSeconds', 'code'])
const specials: Readonly<Record<string, (value: unknown) => Buffer>> = {
  Time: value =>
    Buffer.concat([fieldBytes(1, 'int64', Date.parse(String(value)) / 1000), fieldBytes(2, 'int32', 0)]),
  Quantity: value => fieldBytes(1, 'string', value),
  IntOrString: value =>
    typeof value === 'number'
      ? Buffer.concat([fieldBytes(1, 'int64', 0), fieldBytes(2, 'int32', value), fieldBytes(3, 'string', '')])
      : Buffer.concat([fieldBytes(1, 'int64', 1), fieldBytes(2, 'int32', 0), fieldBytes(3, 'string', value)]),
  FieldsV1: value => part(1, Buffer.from(JSON.stringify(value))),
}

const part = (number: number, bytes: Buffer): Buffer =>
  Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])

/** A negative one as its 64 bits. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = BigInt.asUintN(64, BigInt(value))
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128)
  return Buffer.from([...bytes, Number(left)])
}
