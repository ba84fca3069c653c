import { expect, test } from 'vitest';
import { message } from '../../test/make';
import { replyWindow, worthAWord } from './window';

const at = (text: string) => Date.parse(`2026-03-02T${text}:00.000Z`);
const asked = message({ received_at: '2026-03-02T09:00:00.000Z' });
const answered = message({ id: 'm2', direction: 'outbound', received_at: '2026-03-02T10:00:00.000Z' });

test('CH-09: the window counts from the last message of the contact', () => {
  const window = replyWindow(24, [asked, answered], at('12:00'));
  expect(window).toEqual({ closesAt: at('09:00') + 24 * 3_600_000, closed: false });
  expect(replyWindow(2, [asked, answered], at('12:00'))?.closed).toBe(true);
});

test('without a window or a message of the contact nothing is said', () => {
  expect(replyWindow(null, [asked], at('12:00'))).toBeNull();
  expect(replyWindow(24, [answered], at('12:00'))).toBeNull();
});

test('it is said when it closes soon or is over', () => {
  expect(worthAWord({ closesAt: at('20:00'), closed: false }, at('12:00'))).toBe(false);
  expect(worthAWord({ closesAt: at('15:00'), closed: false }, at('12:00'))).toBe(true);
  expect(worthAWord({ closesAt: at('11:00'), closed: true }, at('12:00'))).toBe(true);
});
