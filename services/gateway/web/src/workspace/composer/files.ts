/** Files of a reply: what the channel takes, and sending one to the gateway with its progress (CH-08). */
import type { Attachment, ChannelName } from '../../api/types';

/** A message carries no more (the gateway's limit). */
export const MOST_FILES = 10;

export type Misfit = 'tooLarge' | 'wrongType';

/** `image/*`, `application/pdf`: whether a file of this type passes one of the patterns; none lets all pass. */
export function typeFits(type: string, patterns: readonly string[]): boolean {
  if (patterns.length === 0) return true;
  const its = (type || 'application/octet-stream').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return patterns.some((pattern) =>
    pattern.endsWith('/*') ? its.startsWith(pattern.slice(0, -1)) : its === pattern,
  );
}

export function misfit(
  file: { size: number; type: string },
  channel: Pick<ChannelName, 'max_attachment_mb' | 'attachment_types'>,
): Misfit | null {
  if (file.size > channel.max_attachment_mb * 1024 * 1024) return 'tooLarge';
  return typeFits(file.type, channel.attachment_types) ? null : 'wrongType';
}

export interface Upload {
  key: string;
  name: string;
  size: number;
  /** 0 to 100. */
  percent: number;
  /** There once it is stored. */
  attachment: Attachment | null;
}
