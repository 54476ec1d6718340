import { DeviceError } from '../errors.js'

/** Makes the native backend of TensorFlow.js the current one. */
export function loadTensorflow(): void {
  throw new DeviceError('tensorflow', 'is not installed', 'run npm run setup:tensorflow')
}
