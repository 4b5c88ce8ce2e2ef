/** Whether a decoder gave all of a frame: damaged codestreams become pictures without pixels, and no error. */

export type Decoded = {
  readonly width: number
  readonly height: number
  /** Samples of all pixels; bytes of packed pixels where a pixel is one bit. */
  readonly samples: number
  readonly numberOfComponents: number
}
export type Frame = { readonly columns: number; readonly rows: number; readonly bitsAllocated: number }

export const isFullSize = (
  picture: Pick<Decoded, 'width' | 'height'>,
  frame: Pick<Frame, 'columns' | 'rows'>,
): boolean => frame.columns > 0 && frame.rows > 0 && picture.width >= frame.columns && picture.height >= frame.rows

export function isWhole(picture: Decoded, frame: Frame): boolean {
  const needed = picture.width * picture.height * picture.numberOfComponents
  return isFullSize(picture, frame) && picture.samples >= (frame.bitsAllocated === 1 ? needed / 8 : needed)
}
