import * as tf from '@tensorflow/tfjs'

/**
 * Tensors of up to so many values are treated in packs. Starting an operation takes a GPU some microseconds, however small it
 * is; estimated, a copy into a pack and one back cost less than a dozen starts up to about a million values there,
 * and on a processor up to some ten thousands.
 */
const PACKED_SIZE = 2 ** 16

type Tensors = Readonly<Record<string, tf.Tensor>>

/** Names of tensors that are treated as one vector, laid end to end; large tensors are alone. The first stands for it. */
export type Pack = readonly string[]

/**
 * Sorts tensors into packs, so that an operation on each value of hundreds of small tensors is one operation.
 *
 * @param kindOf what tensors of one pack have in common.
 */
export function packsOf(tensors: Tensors, kindOf: (name: string) => unknown): Pack[] {
  const large: Pack[] = []
  const small = new Map<unknown, string[]>()
  for (const [name, { size }] of Object.entries(tensors)) {
    if (size > PACKED_SIZE) {
      large.push([name])
      continue
    }
    const kind = kindOf(name)
    const pack = small.get(kind) ?? []
    small.set(kind, pack)
    pack.push(name)
  }
  return [...large, ...small.values()]
}

/** One tensor for each pack, by its first name: the vector of all, or the tensor itself where it is alone. */
export function packAll(packs: readonly Pack[], tensors: Tensors): Record<string, tf.Tensor> {
  const vectors = packs.map((pack) => {
    const [first] = pack
    if (pack.length === 1) return [first, tensors[first]] as const
    return [first, tf.concat(pack.map((name) => tf.reshape(tensors[name], [-1])))] as const
  })
  return Object.fromEntries(vectors)
}

/** What `packAll` has packed, by name, with the shapes of the tensors in `like`. */
export function unpackAll(
  packs: readonly Pack[],
  packed: Tensors,
  like: Tensors,
): Record<string, tf.Tensor> {
  const tensors = packs.flatMap((pack) => {
    const vector = packed[pack[0]]
    if (pack.length === 1) return [[pack[0], vector] as const]
    const sizes = pack.map((name) => like[name].size)
    const parts = tf.split(vector, sizes)
    return pack.map((name, i) => [name, tf.reshape(parts[i], like[name].shape)] as const)
  })
  return Object.fromEntries(tensors)
}
