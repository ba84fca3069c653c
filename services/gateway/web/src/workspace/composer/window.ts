/** The network's reply window: until when one may answer, counted from the contact's last message (CH-09). */
import type { Message } from '../../api/types';

export interface Window {
  closesAt: number;
  closed: boolean;
}

/** Hours before its end from which it is worth a word. */
const SOON = 4 * 3_600_000;

/** Null where the network has no window, or no message of the contact is loaded to count from. */
export function replyWindow(hours: number | null, messages: readonly Message[], now: number): Window | null {
  if (hours === null) return null;
  const last = messages.findLast(({ direction }) => direction === 'inbound');
  if (!last) return null;
  const closesAt = Date.parse(last.received_at) + hours * 3_600_000;
  return { closesAt, closed: now > closesAt };
}

export function worthAWord({ closesAt, closed }: Window, now: number): boolean {
  return closed || closesAt - now < SOON;
}
