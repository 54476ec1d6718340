import protobuf from 'protobufjs/minimal.js'
import { type Attribute, type Node, type Numbers, ONNX_TYPES, type Value } from '../trace/graph.js'

/** What an ONNX file holds besides its nodes. */
export interface ModelParts {
  name: string
  nodes: readonly Node[]
  inputs: readonly NamedValue[]
  outputs: readonly NamedValue[]
  /** Names and numbers that were known when tracing. */
  constants: readonly Value[]
  /** What readers of the file find beside its graph, by key. @default nothing */
  metadata?: Readonly<Record<string, string>>
}

/** A value that callers see, under the name they see it by. */
export interface NamedValue {
  name: string
  value: Value
}

/** Version of the standard operators: the axes of every reduction are inputs from 18 on. */
export const OPSET = 18
/** ONNX IR version that came with opset 18 (ONNX 1.13). */
const IR_VERSION = 8

/** AttributeProto.AttributeType of ONNX. */
const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 }

type Writer = protobuf.Writer

/**
 * Writes an ONNX ModelProto. Source: onnx.proto of ONNX 1.13, field numbers as given there.
 *
 * @returns the file's bytes. Protocol buffers end at 2 GiB.
 */
export function encodeModel(parts: ModelParts): Uint8Array {
  const writer = protobuf.Writer.create()
  writer.uint32(tag(1, 0)).int64(IR_VERSION)
  writer.uint32(tag(2, 2)).string('vanilladet')
  message(writer, 7, () => encodeGraph(writer, parts))
  const domains = new Set(['', ...parts.nodes.map((node) => node.domain)])
  for (const domain of domains) {
    message(writer, 8, () => {
      writer.uint32(tag(1, 2)).string(domain)
      writer.uint32(tag(2, 0)).int64(domain === '' ? OPSET : 1)
    })
  }
  for (const [key, value] of Object.entries(parts.metadata ?? {})) {
    message(writer, 14, () => {
      writer.uint32(tag(1, 2)).string(key)
      writer.uint32(tag(2, 2)).string(value)
    })
  }
  return writer.finish()
}

function encodeGraph(writer: Writer, parts: ModelParts): void {
  const names = publicNames(parts)
  const nameOf = (value: Value) => names.get(value.name) ?? value.name
  for (const node of parts.nodes) message(writer, 1, () => encodeNode(writer, node, nameOf))
  writer.uint32(tag(2, 2)).string(parts.name)
  for (const value of parts.constants) {
    message(writer, 5, () => encodeTensor(writer, nameOf(value), value))
  }
  for (const { name, value } of parts.inputs) {
    message(writer, 11, () => encodeValueInfo(writer, name, value))
  }
  for (const { name, value } of parts.outputs) {
    message(writer, 12, () => encodeValueInfo(writer, name, value))
  }
}

function publicNames(parts: ModelParts): Map<string, string> {
  return new Map(
    [...parts.inputs, ...parts.outputs].map(({ name, value }) => [value.name, name] as const),
  )
}

function encodeNode(writer: Writer, node: Node, nameOf: (value: Value) => string): void {
  for (const input of node.inputs) writer.uint32(tag(1, 2)).string(input ? nameOf(input) : '')
  for (const output of node.outputs) writer.uint32(tag(2, 2)).string(nameOf(output))
  writer.uint32(tag(3, 2)).string(nodeName(node))
  writer.uint32(tag(4, 2)).string(node.op)
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(writer, 5, () => encodeAttribute(writer, name, attribute))
  }
  if (node.domain !== '') writer.uint32(tag(7, 2)).string(node.domain)
}

/** A node's name in the file. */
export function nodeName({ op, outputs }: Node): string {
  return `${op}_${outputs[0].name}`
}

function encodeAttribute(writer: Writer, name: string, attribute: Attribute): void {
  writer.uint32(tag(1, 2)).string(name)
  if (typeof attribute === 'number') {
    writer.uint32(tag(3, 0)).int64(attribute)
    writer.uint32(tag(20, 0)).int32(ATTRIBUTE_TYPES.int)
  } else if (typeof attribute === 'string') {
    writer.uint32(tag(4, 2)).string(attribute)
    writer.uint32(tag(20, 0)).int32(ATTRIBUTE_TYPES.string)
  } else if ('float' in attribute) {
    writer.uint32(tag(2, 5)).float(attribute.float)
    writer.uint32(tag(20, 0)).int32(ATTRIBUTE_TYPES.float)
  } else {
    for (const item of attribute) writer.uint32(tag(8, 0)).int64(item)
    writer.uint32(tag(20, 0)).int32(ATTRIBUTE_TYPES.ints)
  }
}

function encodeTensor(writer: Writer, name: string, value: Value): void {
  for (const side of value.shape) writer.uint32(tag(1, 0)).int64(side)
  writer.uint32(tag(2, 0)).int32(ONNX_TYPES[value.dtype])
  writer.uint32(tag(8, 2)).string(name)
  writer.uint32(tag(9, 2)).bytes(bytesOf(value.constant as Numbers))
}

function bytesOf(numbers: Numbers): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
}

function encodeValueInfo(writer: Writer, name: string, value: Value): void {
  writer.uint32(tag(1, 2)).string(name)
  message(writer, 2, () =>
    message(writer, 1, () => {
      writer.uint32(tag(1, 0)).int32(ONNX_TYPES[value.dtype])
      message(writer, 2, () => {
        for (const side of value.shape) {
          message(writer, 1, () => writer.uint32(tag(1, 0)).int64(side))
        }
      })
    }),
  )
}

/** A length-delimited field whose contents `write` appends. */
function message(writer: Writer, field: number, write: () => void): void {
  writer.uint32(tag(field, 2)).fork()
  write()
  writer.ldelim()
}

/** Field number and wire type (0 varint, 2 length-delimited, 5 four bytes) as one key. */
function tag(field: number, wireType: 0 | 2 | 5): number {
  return (field << 3) | wireType
}
