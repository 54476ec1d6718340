import { join } from 'node:path'
import test from 'ava'
import { readCocoJson } from '../../datasets/index.js'
import { DataError } from '../../errors.js'
import { cat, oneCat, temporaryFolder, writeAnnotations } from './coco_folder.js'

test('a sound file comes back as it was parsed, other keys included', async (t) => {
  const content = oneCat({ info: { year: 2017 } })
  const file = await writeAnnotations(await temporaryFolder(t), content)
  t.deepEqual(await readCocoJson(file), content)
})

test('a byte order mark is no fault', async (t) => {
  const text = `\uFEFF${JSON.stringify(oneCat())}`
  const file = await writeAnnotations(await temporaryFolder(t), text)
  t.is((await readCocoJson(file)).images.length, 1)
})

test('a missing file is named', async (t) => {
  const file = join(await temporaryFolder(t), 'instances_val.json')
  await t.throwsAsync(readCocoJson(file), {
    instanceOf: DataError,
    message: `${file}: no such file; set annFile of data.train or data.val to a COCO annotation file`,
  })
})

test('a folder in place of the file is refused', async (t) => {
  const folder = await temporaryFolder(t)
  await t.throwsAsync(readCocoJson(folder), {
    instanceOf: DataError,
    message: `${folder}: cannot be read (EISDIR); set annFile of data.train or data.val to a readable file`,
  })
})

const repair = 'repair it, or set data.skipInvalid=true'
const image = { id: 7, file_name: 'a.png', width: 64, height: 48 }

const refused: [title: string, content: unknown, sentence: string][] = [
  [
    'JSON that breaks off',
    '{"images": [\n  {"id": 1',
    'is not JSON at line 2, column 11: found the end of the text, expected a comma or "}"; repair or copy it again',
  ],
  [
    'JSON with NaN in it',
    '{"bbox": [NaN]}',
    'is not JSON at line 1, column 11: found "NaN", expected a value; repair or copy it again',
  ],
  ['a list', [], 'holds no object; give a COCO annotation file'],
  [
    'a file without images',
    oneCat({ images: undefined }),
    "has no list 'images'; give a COCO annotation file (instances)",
  ],
  [
    'a file without annotations',
    oneCat({ annotations: undefined }),
    "has no list 'annotations'; give a COCO annotation file (instances)",
  ],
  [
    'a file without categories',
    oneCat({ categories: undefined }),
    "has no list 'categories'; give a COCO annotation file (instances)",
  ],
  [
    'images that are no list',
    oneCat({ images: {} }),
    "'images' is not a list of objects; give a COCO annotation file (instances)",
  ],
  [
    'a category without a name',
    oneCat({ categories: [{ id: 17 }] }),
    'category {"id":17} lacks a number id or a name; repair it',
  ],
  [
    'two categories of one id',
    oneCat({
      categories: [
        { id: 17, name: 'cat' },
        { id: 17, name: 'dog' },
      ],
    }),
    'two categories have id 17; remove one',
  ],
  [
    'two categories of one name',
    oneCat({
      categories: [
        { id: 17, name: 'cat' },
        { id: 18, name: 'cat' },
      ],
    }),
    "two categories are called 'cat'; rename one",
  ],
  [
    'two images of one id',
    oneCat({ images: [image, image] }),
    'two images have id 7; renumber one',
  ],
  [
    'an image without id',
    oneCat({ images: [{ ...image, id: undefined }] }),
    "image 'a.png' has no id; give it one",
  ],
  [
    'an image without file',
    oneCat({ images: [{ ...image, file_name: undefined }] }),
    'image 7 has no file_name; give it one',
  ],
  [
    'an image without height',
    oneCat({ images: [{ ...image, height: undefined }] }),
    'image 7 has a height of undefined; give it in pixels',
  ],
  [
    'a negative width',
    oneCat({ annotations: [cat({ bbox: [10, 20, -3, 8] })] }),
    `annotation 4711 has a box of width -3; ${repair}`,
  ],
  [
    'a negative height',
    oneCat({ annotations: [cat({ bbox: [10, 20, 3, -8] })] }),
    `annotation 4711 has a box of height -8; ${repair}`,
  ],
  [
    'a coordinate that is no number',
    oneCat({ annotations: [cat({ bbox: [10, null, 3, 8] })] }),
    `annotation 4711 has a box of y null; ${repair}`,
  ],
  [
    'a box of three numbers',
    oneCat({ annotations: [cat({ bbox: [10, 20, 3] })] }),
    `annotation 4711 has no box of four numbers; ${repair}`,
  ],
  [
    'an annotation without area',
    oneCat({ annotations: [cat({ area: undefined })] }),
    `annotation 4711 has an area of undefined; ${repair}`,
  ],
  [
    'an annotation of an unknown image',
    oneCat({ annotations: [cat({ image_id: 8 })] }),
    `annotation 4711 has image_id 8, which no image has; ${repair}`,
  ],
  [
    'an annotation of an unknown category',
    oneCat({ annotations: [cat({ category_id: 18 })] }),
    `annotation 4711 has category_id 18, which no category has; ${repair}`,
  ],
  [
    'two annotations of one id',
    oneCat({ annotations: [cat(), cat()] }),
    `annotation 4711 has the id of an annotation before it; ${repair}`,
  ],
  [
    'an annotation without id',
    oneCat({ annotations: [cat({ id: undefined })] }),
    `annotations[0] has no id; ${repair}`,
  ],
]

for (const [title, content, sentence] of refused) {
  test(`${title} is refused in one sentence`, async (t) => {
    const file = await writeAnnotations(await temporaryFolder(t), content)
    const expected = { instanceOf: DataError, message: `${file}: ${sentence}` }
    await t.throwsAsync(readCocoJson(file), expected)
  })
}

test('skipInvalid leaves out the annotations that are refused otherwise, and no others', async (t) => {
  const bad = [cat({ bbox: [0, 0, -1, 5] }), cat({ id: 5, image_id: 1 }), cat({ id: 6, bbox: 'x' })]
  const content = oneCat({ annotations: [...bad, cat()] })
  const file = await writeAnnotations(await temporaryFolder(t), content)
  const { annotations } = await readCocoJson(file, true)
  t.deepEqual(annotations as unknown[], [cat()])
})
