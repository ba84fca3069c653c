/** The conversations as a virtual list: only those on the screen are in the page. */
import { Checkbox } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { useRows } from '../../api/queries';
import type { Row } from '../../api/types';
import { useNames } from '../../session/context';
import { contactName } from '../words';
import { QueueRow } from './QueueRow';
import classes from './queue.module.css';

interface Props {
  rows: ReturnType<typeof useRows>;
  items: Row[];
  current: string | null;
  selecting: boolean;
  selected: ReadonlySet<string>;
  onToggle: (id: string) => void;
}

export function RowList({ rows, items, current, selecting, selected, onToggle }: Props) {
  const { t } = useTranslation();
  const names = useNames();
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 92,
    getItemKey: (index) => items[index]?.id ?? index,
    overscan: 8,
  });
  const shown = virtual.getVirtualItems();
  const last = shown[shown.length - 1]?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = rows;

  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= items.length - 10) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, items.length]);

  const currentIndex = items.findIndex((row) => row.id === current);
  // Only when another conversation is opened, not when rows move under it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the index at that moment is meant
  useEffect(() => {
    if (currentIndex >= 0) virtual.scrollToIndex(currentIndex, { align: 'auto' });
  }, [current, virtual]);

  return (
    <div className={classes.scroll} ref={scroll}>
      <ul className={classes.list} style={{ height: virtual.getTotalSize() }} aria-label={t('queue.label')}>
        {shown.map((item) => {
          const row = items[item.index];
          if (!row) return null;
          const name = contactName(t, row);
          return (
            <li
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className={classes.item}
              style={{ transform: `translateY(${item.start}px)` }}
              aria-setsize={hasNextPage ? -1 : items.length}
              aria-posinset={item.index + 1}
            >
              {selecting && (
                <Checkbox
                  className={classes.check}
                  aria-label={t('queue.selectOne', { name })}
                  checked={selected.has(row.id)}
                  onChange={() => onToggle(row.id)}
                />
              )}
              <QueueRow row={row} names={names} current={row.id === current} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}
