import protobuf from 'protobufjs/minimal.js'

/** `metadata_props` of an ONNX file, its values parsed as JSON. */
export function onnxMetadata(file: Uint8Array): Record<string, unknown> {
  const entries: [string, unknown][] = []
  const reader = protobuf.Reader.create(file)
  while (reader.pos < reader.len) {
    const key = reader.uint32()
    if (key >>> 3 !== 14) {
      reader.skipType(key & 7)
      continue
    }
    const entry = protobuf.Reader.create(reader.bytes())
    const texts: string[] = []
    while (entry.pos < entry.len) {
      texts[entry.uint32() >>> 3] = entry.string()
    }
    entries.push([texts[1], JSON.parse(texts[2])])
  }
  return Object.fromEntries(entries)
}
