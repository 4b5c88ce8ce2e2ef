import { describe, expect, test } from 'vitest'
import { imageKeyOf } from '../src/images/image-keys'
import { TAG } from '../src/images/dicom-json'
import { askedBy, isAsking, sightOf, whyNot, type Asking, type Sight, type Standing } from '../src/images/offers'
import { GO_ON, roomOf, SHIPPED, type ActName } from '../src/keys/acts'
import { keys, type Pressed } from '../src/keys/keys'

const ct = { metadata: { [TAG.SOPClassUID]: { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] } } }
const video = { metadata: { [TAG.SOPClassUID]: { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.77.1.4.1'] } } }
const pdf = { address: '/a', waveforms: [], content: undefined }
const sr = { address: undefined, waveforms: [], content: { title: '', lines: [], complete: true } }
const ecg = { address: undefined, waveforms: [{}] as never, content: undefined }
const raw = { address: undefined, waveforms: [], content: undefined }
const AT: Standing = {
  ...{ hasContent: true, hasFailed: false, isRefused: false, isSlide: false, isMade: false, isVolume: false },
  ...{ count: 1, picture: ct, isDrawable: true, others: [] },
}

describe('what stands in a place', () => {
  test.each<readonly [Sight, Partial<Standing>]>([
    ['empty', { hasContent: false, picture: undefined }],
    ['empty', { hasFailed: true, picture: undefined }],
    ['loading', { picture: undefined }],
    ['refused', { picture: undefined, isRefused: true, isVolume: true }],
    ['slide', { picture: undefined, isSlide: true }],
    ['slide', { isSlide: true }], // with other pictures in its series
    ['waveform', { picture: undefined, others: [sr, ecg] }],
    ['document', { picture: undefined, others: [ecg, pdf] }],
    ['report', { picture: undefined, others: [raw, sr] }],
    ['object', { picture: undefined, others: [raw] }],
    ['video', { picture: video, count: 200, isDrawable: false }],
    ['stack', { picture: video, count: 200 }], // as JPEG frames
    ['failed', { isDrawable: false, count: 3 }],
    ['still', { others: [pdf] }],
    ['stack', { count: 2 }],
    ['volume', { count: 3, isVolume: true }],
    ['made', { count: 3, isVolume: true, isMade: true }],
  ])('is %s', (sight, at) => {
    expect(sightOf({ ...AT, ...at })).toBe(sight)
  })

  const offered: Readonly<Record<Sight, readonly Asking[]>> = {
    empty: [],
    loading: ['length', 'film', 'coronal', 'key'],
    refused: ['coronal'],
    slide: ['zoom-in', 'reset'],
    waveform: [],
    document: ['zoom-in', 'reset', 'picture-after'],
    report: [],
    object: [],
    video: ['picture-after'],
    failed: ['picture-after'],
    still: ['length', 'window', 'invert', 'preset-1', 'zoom-in', 'reset', 'key'],
    stack: ['length', 'window', 'invert', 'preset-1', 'zoom-in', 'reset', 'picture-after', 'film', 'key'],
    volume: ['length', 'window', 'invert', 'preset-1', 'zoom-in', 'reset', 'picture-after', 'film', 'coronal', 'key'],
    made: ['length', 'window', 'invert', 'preset-1', 'zoom-in', 'reset', 'picture-after', 'film', 'coronal'],
  }
  test.each(Object.keys(offered) as Sight[])('is %s, and says why what is not offered is not', (sight) => {
    const asked = (Object.values(offered).flat() as Asking[]).filter((act, at, all) => all.indexOf(act) === at)
    const why = asked.map((act) => [act, whyNot(act, sight)] as const)

    if (sight !== 'loading')
      expect(
        why
          .filter(([, words]) => !words)
          .map(([act]) => act)
          .toSorted(),
      ).toEqual(offered[sight].toSorted())
    expect(why.every(([, words]) => words === undefined || /\p{L}{3}|\p{Script=Han}{3}/u.test(words))).toBe(true)
  })

  test('lets a film that runs be stopped over a picture that failed, and no other be begun there', () => {
    expect([whyNot('film', 'failed', true), whyNot('film', 'empty', true)]).toEqual([undefined, undefined])
    expect([whyNot('film', 'failed'), whyNot('length', 'failed', true)]).toEqual([
      expect.stringMatching(/./),
      expect.stringMatching(/./),
    ])
  })

  test('is asked by every key over the pictures as the table has it', () => {
    const asking = [...SHIPPED].filter(([act]) => roomOf(act) === 'desk' && isAsking(act))
    const differing = asking.filter(([act, told]) => {
      const meant = imageKeyOf(pressedFor(told), [{ key: '1', window: { center: 0, width: 1 } }])
      const asked = meant && askedBy(meant)
      return asked && whyNot(asked, 'document') !== whyNot(act as Asking, 'document')
    })

    expect(asking.length).toBeGreaterThan(35)
    expect(differing).toEqual([])
  })
})

test('a held key scrolls and enlarges on; each other act is done once, at the desk and in the list', () => {
  const onHeld = [...SHIPPED].filter(([act, told]) => !keys.isHeld({ ...pressedFor(told), repeat: true }, roomOf(act)))
  const once = [...SHIPPED].filter(([act, told]) => keys.isHeld({ ...pressedFor(told), repeat: false }, roomOf(act)))

  expect(new Set(onHeld.map(([act]) => act))).toEqual(GO_ON)
  expect([...GO_ON].every((act: ActName) => /^(pictures?-|zoom-|row-)/.test(act))).toBe(true)
  expect(once).toEqual([])
})

/** As a keyboard sends what the table writes. */
function pressedFor(told: string): Pressed {
  const parts = told.split(' ')
  const name = parts.at(-1) ?? ''
  return {
    key: name.length === 1 ? name.toLowerCase() : name,
    code: /^\d$/.test(name) ? `Digit${name}` : '',
    ...{ ctrlKey: parts.includes('Ctrl'), shiftKey: parts.includes('Shift'), altKey: false, metaKey: false },
  }
}
