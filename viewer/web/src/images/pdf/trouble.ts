/** Why a document cannot be looked at here. */

export type Trouble = 'empty' | 'broken' | 'locked' | 'large' | 'lost'

export class NotOpened extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble)
  }
}
