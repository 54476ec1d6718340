/** A config whose detector is a user's own. */
import { z } from 'zod'
import { models } from '../../registry.js'
import { CornerDetector } from '../deploy/corner_detector.js'

// Under the name of a model that is known here, for TypeScript alone.
models.register('Corner' as 'Classifier', {
  schema: z.object({ numClasses: z.int() }) as never,
  create: () => new CornerDetector(),
})

export default { model: { type: 'Corner', numClasses: 2 } }
