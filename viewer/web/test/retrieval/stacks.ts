/** Stacks of small pictures for tests. */
import { TAG } from '../../src/images/dicom-json'
import type { Picture } from '../../src/images/pictures'
import { of } from '../data-sets'

/** 1 kB each, named `a1`, `a2` and so on. */
export const stack = (name: string, count: number): readonly Picture[] =>
  Array.from({ length: count }, (_, index) => ({
    imageId: `${name}${index + 1}`,
    instanceUid: `1.${index + 1}`,
    frame: 1,
    metadata: of({ [TAG.Rows]: [32], [TAG.Columns]: [16], [TAG.BitsAllocated]: [16] }),
    digest: '',
    content: '',
    privateClass: '',
  }))

export const namesOf = (pictures: readonly Picture[]): string => pictures.map(({ imageId }) => imageId).join(' ')

/** What hangs on promises has happened. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}
