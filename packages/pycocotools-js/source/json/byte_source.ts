import { CocoError } from '../errors.js'

/** What gives a reader to pull chunks with: a web `ReadableStream`. */
export interface ByteStream {
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array }>
    cancel(): Promise<void>
  }
}

/**
 * Where the bytes of a JSON file come from: a path (Node), a `URL` that is fetched or, if it is a
 * `file:`, opened (Node), a stream or any other iteration of chunks, a `Blob` or `File`, a
 * `Response`, or all bytes at once.
 */
export type JsonSource =
  | string
  | URL
  | ByteStream
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>
  | { stream(): ByteStream }
  | HttpResponse
  | Uint8Array

/** What is needed of a `Response`. */
export interface HttpResponse {
  body: ByteStream | null
  ok: boolean
  status: number
}

/** A source that is open. */
export interface OpenBytes {
  /**
   * Writes what comes next to the start of `target`, any number of bytes. @returns how many; 0 at
   * the end.
   */
  read(target: Uint8Array): Promise<number>
  close(): Promise<void>
}

/**
 * Opens a source.
 *
 * @param name names it in errors.
 */
export async function openBytes(source: JsonSource, name: string): Promise<OpenBytes> {
  if (typeof source === 'string') return openFile(source, name)
  if (source instanceof URL)
    return source.protocol === 'file:' ? openFile(source, name) : openResponse(source, name)
  if (source instanceof Uint8Array) return openChunks([source][Symbol.iterator](), name)
  if (typeof source !== 'object' || source === null) throw noSource(name)
  if ('getReader' in source) return openStream(source, name)
  if ('stream' in source) return openStream(source.stream(), name)
  if ('body' in source) return openResponse(source, name)
  if (Symbol.asyncIterator in source) return openChunks(source[Symbol.asyncIterator](), name)
  if (Symbol.iterator in source) return openChunks(source[Symbol.iterator](), name)
  throw noSource(name)
}

function noSource(name: string): CocoError {
  return new CocoError(name, 'is nothing that bytes can be read from', 'give a path or a stream')
}

async function openFile(path: string | URL, name: string): Promise<OpenBytes> {
  const cannotRead = (error: unknown): never => {
    throw new CocoError(name, `cannot be read (${(error as Error).message})`, 'check the path')
  }
  const fs = globalThis.process?.getBuiltinModule?.('node:fs')
  if (!fs)
    throw new CocoError(
      name,
      'is a path, and files can be opened by path only in Node 20.16 and later',
      'give a stream of its bytes, such as (await fetch(url)).body',
    )
  const file = await fs.promises.open(path).catch(cannotRead)
  return {
    read: async (target) => {
      const { bytesRead } = await file.read(target, 0, target.length).catch(cannotRead)
      return bytesRead
    },
    close: () => file.close(),
  }
}

async function openResponse(source: URL | HttpResponse, name: string): Promise<OpenBytes> {
  const response =
    source instanceof URL
      ? await fetch(source).catch((error: Error) => {
          throw new CocoError(name, `cannot be read (${error.message})`, 'check the address')
        })
      : source
  if (!response.ok) throw new CocoError(name, `is an HTTP ${response.status}`, 'check the address')
  return response.body ? openStream(response.body, name) : openChunks([][Symbol.iterator](), name)
}

function openStream(stream: ByteStream, name: string): OpenBytes {
  const reader = stream.getReader()
  return openChunks(
    {
      next: async () => {
        const { done, value } = await reader.read()
        return done ? { done, value: undefined } : { done, value: value! }
      },
      return: async () => {
        await reader.cancel()
        return { done: true, value: undefined }
      },
    },
    name,
  )
}

function openChunks(
  chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>,
  name: string,
): OpenBytes {
  let chunk: Uint8Array = new Uint8Array(0)
  let isEnd = false
  return {
    read: async (target) => {
      while (chunk.length === 0 && !isEnd) {
        const next = await nextOf(chunks, name)
        isEnd = next.done === true
        if (isEnd) break
        if (!(next.value instanceof Uint8Array))
          throw new CocoError(
            name,
            `gives chunks that are ${typeof next.value === 'string' ? 'text' : 'no bytes'}`,
            'give chunks that are Uint8Arrays',
          )
        chunk = next.value
      }
      const count = Math.min(chunk.length, target.length)
      target.set(chunk.subarray(0, count))
      chunk = chunk.subarray(count)
      return count
    },
    close: async () => {
      if (!isEnd) await chunks.return?.()
    },
  }
}

async function nextOf(
  chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>,
  name: string,
): Promise<IteratorResult<Uint8Array>> {
  try {
    return await chunks.next()
  } catch (error) {
    throw new CocoError(name, `cannot be read (${(error as Error).message})`, 'fetch it again')
  }
}
