import { readFileSync } from 'node:fs'

/** A float32 array as `test/fixtures/make_*.py` writes it. */
export interface PackedTensor {
  shape: number[]
  /** Little-endian float32. */
  base64: string
}

export function unpack({ base64 }: PackedTensor): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'))
  return new Float32Array(bytes.buffer)
}

/** Reads a JSON file of `test/fixtures/`. */
export function readFixture<Fixture>(name: string): Fixture {
  const path = new URL(`../fixtures/${name}`, import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8')) as Fixture
}
