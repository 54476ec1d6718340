/** A file of columns, taken apart and put together again. */
import { crc32 } from 'node:zlib'

interface Table {
  fingerprint: string
  sections: { name: string; length: number; crc: number; about: Record<string, unknown> }[]
}

export interface Part {
  name: string
  start: number
  end: number
}

/** Each field of the head, the table, and each section that is not empty. */
export function partsOf(bytes: Buffer): Part[] {
  const start = 24 + bytes.readUInt32LE(16)
  const parts = [
    { name: 'magic', start: 0, end: 8 },
    { name: 'version', start: 8, end: 12 },
    { name: 'byte order', start: 12, end: 16 },
    { name: 'length of the table', start: 16, end: 20 },
    { name: 'checksum of the table', start: 20, end: 24 },
    { name: 'table', start: 24, end: start },
  ]
  let at = start
  for (const { name, length } of tableOf(bytes).sections) {
    if (length > 0) parts.push({ name, start: at, end: at + length })
    at += length
  }
  return parts
}

function tableOf(bytes: Buffer): Table {
  return JSON.parse(bytes.toString('utf8', 24, 24 + bytes.readUInt32LE(16)))
}

/** The file with another table, and a checksum that fits it. */
export function withTable(bytes: Buffer, change: (table: Table) => void): Buffer {
  const table = tableOf(bytes)
  change(table)
  const text = Buffer.from(JSON.stringify(table))
  const head = Buffer.from(bytes.subarray(0, 24))
  head.writeUInt32LE(text.length, 16)
  head.writeUInt32LE(crc32(text), 20)
  return Buffer.concat([head, text, bytes.subarray(24 + bytes.readUInt32LE(16))])
}
