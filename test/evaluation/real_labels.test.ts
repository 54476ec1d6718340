import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { DataError } from '../../errors.js'
import { readRealLabels, realAccuracy } from '../../evaluation/real_labels.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

async function labelsFile(t: ExecutionContext, content: unknown): Promise<string> {
  const path = join(await temporaryFolder(t), 'real.json')
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const name = (number: number) => `val/n01440764/ILSVRC2012_val_0000000${number}.JPEG`

test('labels are those of the number in a file name', async (t) => {
  const path = await labelsFile(t, [[5], [], [1, 2]])
  t.deepEqual(await readRealLabels(path, [name(3), name(1), name(2)]), [[1, 2], [5], []])
})

test('a picture is right where its class is one of the labels; without labels it does not count', (t) => {
  t.is(realAccuracy([1, 4, 9], [[1, 2], [5], []]), 0.5)
  t.is(realAccuracy([1], [[]]), -1)
})

test('what is no labels file, or of other pictures, is refused', async (t) => {
  const cases: [content: unknown, file: string, sentence: RegExp][] = [
    ['[[1', name(1), /: is not JSON; name the real\.json of ImageNet$/],
    [[1, 2], name(1), /: is not a list of lists of labels; name the real\.json of ImageNet$/],
    [
      [[1]],
      name(2),
      /: has the labels of 1 pictures, but not of val.*2\.JPEG; use the real\.json of the 50000 validation pictures$/,
    ],
    [[[1]], 'val/cat/1.jpg', /^val\/cat\/1\.jpg: is no validation picture of ImageNet/],
  ]
  for (const [content, file, message] of cases) {
    const path = await labelsFile(t, content)
    await t.throwsAsync(readRealLabels(path, [file]), { instanceOf: DataError, message })
  }
  await t.throwsAsync(readRealLabels('nowhere.json', []), {
    message: 'nowhere.json: cannot be read (ENOENT); name the real.json of ImageNet',
  })
})
