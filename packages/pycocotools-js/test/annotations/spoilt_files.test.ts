import test from 'ava'
import { COCO, CocoError } from '../../source/index.js'
import { accessors } from '../row_accessors.js'

const TEXT = JSON.stringify({
  images: [{ id: 1, height: 4, width: 5, file_name: 'a\u00e9.png' }],
  categories: [{ id: 1, name: 'cat', skeleton: [[1, 2]] }],
  annotations: [
    {
      id: 1,
      image_id: 1,
      category_id: 1,
      bbox: [0, 0.5, 2, 3],
      area: 6,
      iscrowd: 0,
      x: [null, 'y'],
    },
    {
      id: 2,
      image_id: 1,
      category_id: 1,
      segmentation: [[0, 0, 4, 0, 4, 3]],
      keypoints: [1, 2, 2],
    },
    { id: 3, image_id: 1, category_id: 1, segmentation: { size: [4, 5], counts: [4, 2, 14] } },
    {
      id: 4,
      image_id: 1,
      category_id: 1,
      segmentation: { size: [4, 5], counts: '42>' },
      score: 0.25,
    },
  ],
})

/** Reads everything that a file holds. */
async function readAll(bytes: Uint8Array): Promise<void> {
  const coco = await COCO.load(bytes)
  for (let row = 0; row < coco.rows.length; row++) accessors(coco.rows, row)
  const annotations = [...coco.rows]
  coco.getAnnIds({ imgIds: [1], areaRng: [0, 10] })
  for (const annotation of annotations) coco.annToMask(annotation)
  coco.showAnns(annotations, { drawBbox: true })
}

test('a file with bytes changed, lost or doubled is read, or refused with a CocoError', async (t) => {
  const sound = new TextEncoder().encode(TEXT)
  const likely = new TextEncoder().encode('{}[]",:\\0123456789.-eEuntrfa \n\t\u00ff')
  let seed = 1
  const below = (count: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * count)
  }
  let refused = 0
  for (let i = 0; i < 4000; i++) {
    let bytes = [...sound]
    for (let k = below(3); k >= 0; k--) {
      const at = below(bytes.length)
      const kind = below(4)
      if (kind === 0) bytes[at] = below(256)
      else if (kind === 1) bytes[at] = likely[below(likely.length)]
      else if (kind === 2) bytes.splice(at, 1 + below(4))
      else bytes = [...bytes.slice(0, at + below(9)), ...bytes.slice(at)]
    }
    try {
      await readAll(Uint8Array.from(bytes))
    } catch (error) {
      refused++
      if (!(error instanceof CocoError))
        t.fail(`${error} for ${new TextDecoder().decode(Uint8Array.from(bytes))}`)
    }
  }
  t.true(refused > 2000 && refused < 4000)
})
