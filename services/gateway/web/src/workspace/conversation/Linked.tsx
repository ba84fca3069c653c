/** Plain text with its addresses made into links; nothing else of it is ever markup. */
import { Anchor } from '@mantine/core';
import { Fragment } from 'react';

const ADDRESS = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/giu;

export function Linked({ text }: { text: string }) {
  const parts: (string | { href: string })[] = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    parts.push(text.slice(from, match.index), { href: match[0] });
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return parts.map((part, index) =>
    typeof part === 'string' ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one fixed text
      <Fragment key={index}>{part}</Fragment>
    ) : (
      <Anchor
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of one fixed text
        key={index}
        href={part.href}
        target="_blank"
        rel="noopener noreferrer nofollow"
        underline="always"
        fz="inherit"
      >
        {part.href}
      </Anchor>
    ),
  );
}
