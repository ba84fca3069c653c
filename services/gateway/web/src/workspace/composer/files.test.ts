import { expect, test } from 'vitest';
import { misfit, typeFits } from './files';

test.each([
  ['image/png', ['image/*'], true],
  ['image/png', ['application/pdf'], false],
  ['application/pdf', ['image/*', 'application/pdf'], true],
  ['text/plain;charset=utf-8', ['text/plain'], true],
  ['', ['image/*'], false],
  ['anything/else', [], true],
])('%s among %j: %s', (type, patterns, fits) => {
  expect(typeFits(type, patterns)).toBe(fits);
});

test('a file is measured against its channel before it is sent', () => {
  const channel = { max_attachment_mb: 1, attachment_types: ['image/*'] };
  expect(misfit({ size: 1024 * 1024, type: 'image/png' }, channel)).toBeNull();
  expect(misfit({ size: 1024 * 1024 + 1, type: 'image/png' }, channel)).toBe('tooLarge');
  expect(misfit({ size: 10, type: 'text/html' }, channel)).toBe('wrongType');
});
