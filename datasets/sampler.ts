import { Random } from '../random/random.js'

/** Which of two groups an image of `[height, width]` belongs to: 1 where it is wider than high. */
export function aspectGroup([height, width]: readonly [number, number]): 0 | 1 {
  return width / height > 1 ? 1 : 0
}

/**
 * The batches of one epoch: each of images of one group, every image at least once.
 *
 * Each group is shuffled and padded to full batches by repeating its first images; then the batches
 * are shuffled. Another epoch gives another order, the same options always the same.
 *
 * Source: mmdetection 2.x's `GroupSampler`.
 *
 * @param groups group of each image.
 * @returns indices into `groups`, each batch `batchSize` long.
 */
export function epochBatches(
  groups: readonly number[],
  { batchSize, seed, epoch }: { batchSize: number; seed: number; epoch: number },
): number[][] {
  const batches = [...membersByGroup(groups)].flatMap(([group, members]) => {
    const order = new Random(seed, 'group order', epoch, group).shuffle(members)
    const count = Math.ceil(order.length / batchSize)
    return Array.from({ length: count }, (_, batch) =>
      Array.from({ length: batchSize }, (_, i) => order[(batch * batchSize + i) % order.length]),
    )
  })
  return new Random(seed, 'batch order', epoch).shuffle(batches)
}

/** Number of batches `epochBatches` returns, the same in every epoch. */
export function batchesPerEpoch(groups: readonly number[], batchSize: number): number {
  const counts = [...membersByGroup(groups).values()].map((members) => members.length)
  return counts.reduce((sum, count) => sum + Math.ceil(count / batchSize), 0)
}

/** Indices of the images of each group, in ascending order of group and index. */
export function membersByGroup(groups: readonly number[]): Map<number, number[]> {
  const sorted = [...new Set(groups)].sort((a, b) => a - b)
  const members = new Map<number, number[]>(sorted.map((group) => [group, []]))
  for (const [index, group] of groups.entries()) members.get(group)!.push(index)
  return members
}
