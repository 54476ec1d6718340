import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { annotationAt, writeAnnotations } from '../../soak/annotation_writer.js'
import { COCO } from '../../source/index.js'

test('the file of the soak test is as long as asked for, and holds the annotations of their numbers', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'pycocotools-js-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'annotations.json')
  const { annotations, bytes } = await writeAnnotations(path, 3_000_000)
  t.is((await stat(path)).size, bytes)
  t.true(bytes >= 3_000_000 && bytes < 4_000_000)
  const coco = await COCO.load(path)
  t.is(coco.rows.length, annotations)
  for (let row = 0; row < annotations; row += 7) t.deepEqual(coco.rows.at(row), annotationAt(row))
  t.is(coco.getImgIds().length, 20_000)
})
