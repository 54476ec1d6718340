/**
 * Intersection over union of every detection with every ground truth. Against a crowd, the union is
 * the detection's area: a detection inside a crowd has IoU 1.
 *
 * Source: `bbIou` of pycocotools 2.0.11, same order of operations. Boxes are continuous: no pixel
 * is added to sizes.
 *
 * @param detectionsXywh `[d, 4]`, image pixels.
 * @param groundTruthsXywh `[g, 4]`, image pixels.
 * @param iscrowd `[g]`, 0 or 1.
 * @param ious `[d, g]`, in 0 ... 1, is written; longer is allowed. Boxes that only touch, or have
 *   no area, have 0.
 */
export function boxIou(
  detectionsXywh: Float64Array,
  groundTruthsXywh: Float64Array,
  iscrowd: Uint8Array,
  ious: Float64Array,
): void {
  const d = detectionsXywh.length / 4
  const g = groundTruthsXywh.length / 4
  for (let i = 0; i < d; i++) {
    const dx = detectionsXywh[4 * i]
    const dy = detectionsXywh[4 * i + 1]
    const dw = detectionsXywh[4 * i + 2]
    const dh = detectionsXywh[4 * i + 3]
    for (let j = 0; j < g; j++) {
      const gx = groundTruthsXywh[4 * j]
      const gy = groundTruthsXywh[4 * j + 1]
      const gw = groundTruthsXywh[4 * j + 2]
      const gh = groundTruthsXywh[4 * j + 3]
      const width = Math.min(dw + dx, gw + gx) - Math.max(dx, gx)
      const height = Math.min(dh + dy, gh + gy) - Math.max(dy, gy)
      if (width <= 0 || height <= 0) {
        ious[i * g + j] = 0
        continue
      }
      const intersection = width * height
      const union = iscrowd[j] ? dw * dh : dw * dh + gw * gh - intersection
      ious[i * g + j] = intersection / union
    }
  }
}
