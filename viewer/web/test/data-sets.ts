/** DICOM JSON for tests, without value representations, which nothing here reads. */
import type { DataSet } from '../src/images/dicom-json'

export const of = (values: Readonly<Record<string, readonly unknown[]>>): DataSet =>
  Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]))
