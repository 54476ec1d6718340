import test from 'ava'
import { VanillaNet } from '../../backbones/vanillanet.js'
import { Classifier, type ClassifierBatch } from '../../classifiers/classifier.js'
import { DistilledClassifier } from '../../classifiers/distilled_classifier.js'
import { floats, ints, scalar } from '../../host_tensor.js'
import { functionalCall } from '../../nn/module.js'
import { randomizeNorms } from '../../nn/randomize_norms.js'
import { distillationLoss } from '../../ops/distillation_loss.js'
import { Random } from '../../random/random.js'
import * as tf from '../../tf/tf.js'
import { assertClose } from '../helpers/assert_close.js'
import { tracedEqualsEager } from '../helpers/traced_equals_eager.js'

const network = { dims: [4, 8], strides: [2], actNum: 1, numClasses: 3 } as const

function classifier(seed: number, more: { dims?: number[]; dropRate?: number } = {}): Classifier {
  const model = new Classifier({ backbone: new VanillaNet({ ...network, ...more }) })
  randomizeNorms(model.initialize(seed), seed)
  return model
}

const random = new Random('distilled_classifier.test')
const bytes = Int32Array.from({ length: 4 * 16 * 16 * 3 }, () => random.integer(256))
const batch = (): ClassifierBatch => ({
  images: tf.tensor4d(bytes, [4, 16, 16, 3], 'int32'),
  labels: tf.tensor1d([0, 2, 1, 1], 'int32'),
})

test('parameters and noise are those of the student alone', (t) => {
  const student = classifier(1, { dropRate: 0.5 })
  const model = new DistilledClassifier(student, { teacher: classifier(2, { dims: [4, 12] }) })
  t.deepEqual(model.namedParameters(), student.namedParameters())
  const shapes = { images: [4, 16, 16, 3] }
  t.deepEqual(model.noiseShapes(shapes), student.noiseShapes(shapes))
})

test('the losses are those of the student, and of what its teacher answers', (t) => {
  const [student, teacher] = [classifier(1), classifier(2)]
  const options = { teacher, weight: 0.5, temperature: 2 }
  const losses = new DistilledClassifier(student, options).loss(batch())
  t.deepEqual(Object.keys(losses), ['loss_classify', 'loss_distill'])
  assertClose(t, losses.loss_classify, student.loss(batch()).loss, 1e-6)
  const { input } = student.learningInput(batch())
  const divergence = distillationLoss(student.rawOutputs(input), teacher.rawOutputs(input), 2)
  assertClose(t, losses.loss_distill, [0.5 * divergence.dataSync()[0]], 1e-6)
  t.true(divergence.dataSync()[0] > 0.001)
})

test('a classifier that is its own teacher has no distillation loss', (t) => {
  const teacher = classifier(1, { dropRate: 0.5 })
  const own = new DistilledClassifier(teacher, { teacher, temperature: 3 })
  assertClose(t, own.loss(batch()).loss_distill, [0], 0)
})

test('a teacher of other pixel statistics sees the pixels as it learned them', (t) => {
  const teacher = classifier(2)
  const { backbone } = classifier(1)
  const student = new Classifier({ backbone, pixelMean: [1, 2, 3], pixelStd: [10, 20, 30] })
  const { input } = student.learningInput(batch())
  const model = new DistilledClassifier(student, { teacher })
  const expected = distillationLoss(
    student.rawOutputs(input),
    teacher.rawOutputs(teacher.learningInput(batch()).input),
  )
  assertClose(t, model.loss(batch()).loss_distill, expected, 1e-6)
  const unconverted = distillationLoss(student.rawOutputs(input), teacher.rawOutputs(input))
  t.true(Math.abs(unconverted.dataSync()[0] - expected.dataSync()[0]) > 1e-4)
})

test('the teacher is evaluated at its own lambda while the student trains', (t) => {
  const [student, teacher] = [classifier(1), classifier(2, { dropRate: 0.5 })]
  const before = teacher.namedParameters().map(([, { data }]) => [...data])
  const training = { training: true, lambda: tf.scalar(0.25) }
  const distilled = (teacherLambda?: number) => {
    const model = new DistilledClassifier(student, { teacher, teacherLambda })
    return model.loss(batch(), training).loss_distill
  }
  const { input } = student.learningInput(batch())
  const logits = student.rawOutputs(input, training)
  for (const teacherLambda of [undefined, 1, 0.5]) {
    const lambda = teacherLambda === 0.5 ? { lambda: tf.scalar(0.5) } : {}
    const expected = distillationLoss(logits, teacher.rawOutputs(input, lambda))
    assertClose(t, distilled(teacherLambda), expected, 1e-6)
  }
  const after = teacher.namedParameters().map(([, { data }]) => [...data])
  t.deepEqual(after, before)
})

test('training with erasing, mixing and dropout, traced equals eager', async (t) => {
  const student = classifier(5, { dropRate: 0.25 })
  const teacher = classifier(6, { dims: [4, 12], dropRate: 0.25 })
  const model = new DistilledClassifier(student, { teacher, weight: 2, temperature: 3 })
  const named = model.namedParameters()
  const noise = (shape: readonly number[]) => {
    const size = shape.reduce((a, b) => a * b)
    return floats(
      Array.from({ length: size }, () => random.uniform()),
      shape,
    )
  }
  const inputs = {
    state: Object.fromEntries(named.map(([name, p]) => [name, floats(p.data, p.shape)])),
    lambda: scalar(0.4),
    batch: {
      images: ints([...bytes], [4, 16, 16, 3]),
      labels: ints([0, 2, 1, 1], [4]),
      erasing: {
        boxesXyxy: floats([1, 2, 5, 9, 0, 0, 0, 0, 3, 3, 16, 4, 0, 0, 2, 2], [4, 4]),
        noise: noise([16, 16, 3]),
      },
      mixing: {
        boxXyxy: floats([4, 4, 12, 16], [4]),
        pixelShare: scalar(1),
        targetShare: scalar(0.625),
      },
      noise: { dropout: noise([4, 1, 1, 8]) },
    },
  }
  type Inputs = { state: Record<string, tf.Tensor>; lambda: tf.Scalar; batch: ClassifierBatch }
  const train = ({ state, lambda, batch }: Inputs) => {
    const names = named.filter(([, p]) => p.trainable).map(([name]) => name)
    const lossOf = (...values: tf.Tensor[]) => {
      const replaced = Object.fromEntries(names.map((name, i) => [name, values[i]]))
      const call = () => model.loss(batch, { training: true, lambda })
      const losses = functionalCall(model, { ...state, ...replaced }, call).result
      return tf.add(losses.loss_classify, losses.loss_distill) as tf.Scalar
    }
    const { value, grads } = tf.valueAndGrads(lossOf)(names.map((name) => state[name]))
    return { value, grads: Object.fromEntries(names.map((name, i) => [name, grads[i]])) }
  }
  await tracedEqualsEager(t, train, inputs, 1e-4)
})
