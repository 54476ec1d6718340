import { isMainThread } from 'node:worker_threads'
import { koffi } from './native.js'

/** Read by ONNX Runtime as its library is loaded. */
const NAME = 'ORT_DISABLE_TELEMETRY'

/**
 * Keeps ONNX Runtime from sending events: without it, onnxruntime-node from 1.29 on keeps an id of
 * the device and a queue of events in the user's cache folder, looks up the host that they go to,
 * and leaves a log file for each process. To be called before the library is loaded. What the user
 * has set for the process or the thread stays.
 */
export function disableTelemetry(): void {
  process.env[NAME] ??= '1'
  if (!isMainThread) setProcessVariable(NAME, process.env[NAME])
}

/**
 * Sets a variable where libraries read it: in a worker thread `process.env` is a copy of the
 * process's environment.
 */
function setProcessVariable(name: string, value: string): void {
  if (process.platform === 'win32') {
    const kernel = koffi.load('kernel32.dll')
    kernel.func('bool __stdcall SetEnvironmentVariableW(str16 name, str16 value)')(name, value)
    return
  }
  koffi.load(null).func('int setenv(const char *name, const char *value, int overwrite)')(
    name,
    value,
    0,
  )
}
