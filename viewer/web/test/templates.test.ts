import { describe, expect, test } from 'vitest'
import zh from '../../locale/zh.json'
import { TEMPLATES, templatesFor } from '../src/desk/templates'

describe('templates', () => {
  test('that fit the body part come first', () => {
    expect(templatesFor('DX', 'hand').map(({ id }) => id)).toEqual(['limb', 'chest', 'spine'])
    expect(templatesFor('CT', 'HEAD')[0]?.id).toBe('ct-head')
    expect(templatesFor('US', 'ABDOMEN')).toEqual([])
  })

  test('have texts', () => {
    for (const { findings, impression } of TEMPLATES) expect(zh[findings] && zh[impression]).toBeTruthy()
  })
})
