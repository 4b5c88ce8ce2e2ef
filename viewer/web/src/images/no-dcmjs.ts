/**
 * Stands in for dcmjs (see vite.config.ts), of which Cornerstone takes a log, four UIDs, the names of the dictionary, and a
 * reader of Part 10 files: the frames and their metadata come by DICOMweb, and nothing of that is ever used.
 */

const nothing = (): void => undefined

/** Tells of errors alone. */
const logger = {
  ...{ trace: nothing, debug: nothing, info: nothing, log: nothing, warn: nothing },
  ...{ setLevel: nothing, setDefaultLevel: nothing },
  error: (...said: readonly unknown[]): void => console.error(...said),
}

export const log = { ...logger, getLogger: (): object => ({ ...logger }) }

export const constants = {
  IMPLICIT_LITTLE_ENDIAN: '1.2.840.10008.1.2',
  EXPLICIT_LITTLE_ENDIAN: '1.2.840.10008.1.2.1',
  DEFLATED_EXPLICIT_LITTLE_ENDIAN: '1.2.840.10008.1.2.1.99',
  EXPLICIT_BIG_ENDIAN: '1.2.840.10008.1.2.2',
}

/** Cornerstone asks while it is loaded whether there are the names that its rules for display sets mention: there are. */
const entry = { tag: '(0000,0000)' }
const known = { value: entry, configurable: true, enumerable: true, writable: true }
const names = new Proxy(
  {},
  { get: () => entry, getOwnPropertyDescriptor: (_, name) => (/^[A-Z]/.test(String(name)) ? known : undefined) },
)

export default {
  async: {},
  data: { DicomMetaDictionary: { dictionary: {}, nameMap: names } },
  utilities: {},
}
