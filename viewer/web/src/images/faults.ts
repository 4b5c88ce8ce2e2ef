/** Why pictures could not be shown, by image id: Cornerstone keeps no error that a loader gave it. */

/** As the server knows them (reading/reports/not_shown.py). */
export type Fault = 'unsupported' | 'damaged' | 'load_failed' | 'not_drawn' | 'not_needed'

/** The server has no picture, and says why. */
export class NoPicture extends Error {
  constructor(readonly fault: Fault) {
    super(fault)
  }
}

const faults = new Map<string, Fault>()

/** A new try begins. */
export const forgetFault = (imageId: string): void => void faults.delete(imageId)

export const noteFault = (imageId: string, error: unknown): void =>
  void faults.set(imageId, error instanceof NoPicture ? error.fault : 'load_failed')

/** A picture that came and yet is not on the screen was not drawn. */
export const faultOf = (imageId: string): Fault => faults.get(imageId) ?? 'not_drawn'

/** What an answer without a picture means: 406 says whose fault it is, 413 that the picture is too large for the server. */
export async function faultOfAnswer(response: Response): Promise<Fault> {
  if (response.status === 413) return 'unsupported'
  if (response.status !== 406) return 'load_failed'
  const { cause } = (await response.json().catch(() => ({}))) as { readonly cause?: unknown }
  return cause === 'damaged' ? 'damaged' : 'unsupported'
}
