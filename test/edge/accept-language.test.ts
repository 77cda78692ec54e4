import { describe, expect, test } from 'vitest';
import { bestLanguage } from '../../src/edge/accept-language.ts';

describe('the language of an answer', () => {
  test.each([
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['de-CH', 'de'],
    ['DE-ch;q=0.9, en;q=0.8', 'de'],
    ['en;q=0.8, de;q=0.9', 'de'],
    ['fr, de', 'de'],
    ['pt', 'pt-BR'],
    ['pt-PT', 'en'],
    ['pt-PT, *;q=0.1', 'en'],
    ['zh-Hant-TW', 'zh-Hant'],
    ['*', 'en'],
    ['en;q=0, *', 'de'],
    ['fr', 'en'],
    ['de;q=2, pt-BR', 'pt-BR'],
    ['<script>, ;;q=, de', 'de'],
    [`${'fr,'.repeat(100)}de`, 'en'],
  ])('for %j is %s', (field, language) => {
    expect(bestLanguage(field, ['en', 'de', 'pt-BR', 'zh-Hant'])).toBe(language);
  });
});
