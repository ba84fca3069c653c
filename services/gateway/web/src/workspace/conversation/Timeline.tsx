/** Messages, notes and the audit trail, oldest first; older pages load as one scrolls up. */
import { Anchor, Button, Loader, Skeleton, Stack, Text } from '@mantine/core';
import { IconArrowDown } from '@tabler/icons-react';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { useTimeline } from '../../api/queries';
import type { Message, TrailEntry } from '../../api/types';
import { Failure } from '../../frame/Failure';
import { dayName, exactTime, timeOfDay } from '../../i18n/format';
import { useNow } from '../../lib/clock';
import { type Names, useNames, useSession } from '../../session/context';
import { MediumIcon } from '../MediumIcon';
import classes from './conversation.module.css';
import { type MessageActions, MessageItem } from './MessageItem';
import { type AuditLine, auditLines } from './trailWords';
import type { Elsewhere } from './useElsewhere';

interface Props {
  container: RefObject<HTMLDivElement | null>;
  timeline: ReturnType<typeof useTimeline>;
  messages: Message[];
  trail: TrailEntry[] | null;
  trailFailed: boolean;
  contactName: string;
  actions: MessageActions;
  elsewhere: Elsewhere[];
}

type Line =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'message'; key: string; at: string; message: Message }
  | { kind: 'audit'; key: string; at: string; line: AuditLine }
  | { kind: 'elsewhere'; key: string; at: string; other: Elsewhere };

/** Everything in order of its time, with a line where a new local day begins. */
export function linesOf(
  messages: readonly Message[],
  audit: readonly AuditLine[],
  elsewhere: readonly Elsewhere[] = [],
): Line[] {
  const all: Line[] = [
    ...messages.map((message): Line => ({ kind: 'message', key: message.id, at: message.sent_at, message })),
    ...audit.map((line): Line => ({ kind: 'audit', key: line.key, at: line.at, line })),
    ...elsewhere.map(
      (other): Line => ({
        kind: 'elsewhere',
        key: `elsewhere ${other.message.id}`,
        at: other.message.sent_at,
        other,
      }),
    ),
  ].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const lines: Line[] = [];
  let day = '';
  for (const line of all) {
    const its = new Date(line.at).toDateString();
    if (its !== day) lines.push({ kind: 'day', key: `day ${its}`, at: line.at });
    day = its;
    lines.push(line);
  }
  return lines;
}

export function Timeline({
  container,
  timeline,
  messages,
  trail,
  trailFailed,
  contactName,
  actions,
  elsewhere,
}: Props) {
  const { t } = useTranslation();
  const names = useNames();
  const { vocabulary } = useSession().workspace;
  const now = useNow();
  const lines = useMemo(() => {
    const audit = auditLines({ t, names, vocabulary }, trail ?? []);
    // Lines older than what is loaded would stand alone above it.
    const from = timeline.hasNextPage ? Math.min(...messages.map((one) => Date.parse(one.sent_at))) : 0;
    return linesOf(
      messages,
      audit.filter((line) => Date.parse(line.at) >= from),
      elsewhere.filter(({ message }) => Date.parse(message.sent_at) >= from),
    );
  }, [messages, trail, elsewhere, names, vocabulary, t, timeline.hasNextPage]);
  const byId = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages]);
  const newest = messages[messages.length - 1]?.id;
  const { below, toEnd, onScroll } = useStickToEnd(container, lines.length, newest);
  const top = useOlder(container, timeline);

  if (timeline.isPending) return <Skeletons />;
  return (
    <div
      ref={container}
      className={classes.timeline}
      onScroll={onScroll}
      role="log"
      aria-live="off"
      aria-label={t('timeline.label')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
      tabIndex={0}
    >
      {timeline.isError && messages.length === 0 && (
        <Failure title={t('timeline.failed')} error={timeline.error} retry={() => void timeline.refetch()} />
      )}
      <div ref={top} style={{ textAlign: 'center' }}>
        {timeline.isFetchingNextPage ? (
          <Loader size="xs" aria-label={t('timeline.loadingOlder')} />
        ) : timeline.hasNextPage ? (
          <Button variant="subtle" size="compact-sm" onClick={() => void timeline.fetchNextPage()}>
            {t('timeline.older')}
          </Button>
        ) : (
          <Text size="xs" c="dimmed">
            {messages.length ? t('timeline.beginning') : t('timeline.empty')}
          </Text>
        )}
      </div>
      {trailFailed && (
        <Text size="xs" c="dimmed" ta="center" role="status">
          {t('trail.failed')}
        </Text>
      )}
      <ul className={classes.messages}>
        {lines.map((line) => {
          switch (line.kind) {
            case 'day':
              return (
                <li key={line.key} className={classes.day}>
                  {dayName(line.at, now)}
                </li>
              );
            case 'audit':
              return (
                <li key={line.key} className={classes.audit}>
                  <time dateTime={line.at} title={exactTime(line.at)}>
                    {timeOfDay(line.at)}
                  </time>{' '}
                  · {line.line.text}
                </li>
              );
            case 'elsewhere':
              return <ElsewhereItem key={line.key} other={line.other} names={names} />;
            default:
              return (
                <MessageItem
                  key={line.key}
                  message={line.message}
                  quoted={line.message.in_reply_to ? byId.get(line.message.in_reply_to) : undefined}
                  names={names}
                  contactName={contactName}
                  actions={actions}
                />
              );
          }
        })}
      </ul>
      {below && (
        <div className={classes.below}>
          <Button
            size="compact-sm"
            radius="xl"
            leftSection={<IconArrowDown size={14} aria-hidden />}
            onClick={toEnd}
          >
            {t('timeline.newBelow')}
          </Button>
        </div>
      )}
    </div>
  );
}

/** A message of another conversation, told apart from this one's, with the way there. */
function ElsewhereItem({ other: { row, message }, names }: { other: Elsewhere; names: Names }) {
  const { t } = useTranslation();
  const channel = names.channels.get(row.channel)?.name ?? row.channel;
  return (
    <li className={classes.elsewhere}>
      <div className={classes.meta}>
        <MediumIcon medium={row.medium} size={13} />
        <span>{t('timeline.elsewhere', { channel })}</span>
        <b>{message.author.name || t(`trail.actors.${message.author.kind}`)}</b>
        <time dateTime={message.sent_at} title={exactTime(message.sent_at)}>
          {timeOfDay(message.sent_at)}
        </time>
        <Anchor component={Link} to={`/c/${row.id}`} fz="inherit">
          {t('timeline.openElsewhere')}
        </Anchor>
      </div>
      <p>{message.text || message.subject || '…'}</p>
    </li>
  );
}

/** Stays at the end while one is there; keeps the place when older lines come above or newer ones below. */
function useStickToEnd(
  container: RefObject<HTMLDivElement | null>,
  count: number,
  newest: string | undefined,
) {
  const atEnd = useRef(true);
  const height = useRef(0);
  const last = useRef<string | undefined>(undefined);
  const [below, setBelow] = useState(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `count` is why the height may have changed
  useLayoutEffect(() => {
    const element = container.current;
    if (!element) return;
    const grown = element.scrollHeight - height.current;
    if (atEnd.current) element.scrollTop = element.scrollHeight;
    else if (newest !== last.current) setBelow(true);
    else if (grown > 0 && height.current > 0 && element.scrollTop < 200) element.scrollTop += grown;
    height.current = element.scrollHeight;
    last.current = newest;
  }, [container, count, newest]);

  useEffect(() => {
    const element = container.current;
    if (!element) return;
    // The reply box grows, pictures load, the window is resized: the end stays the end.
    const observer = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  });

  const onScroll = useCallback(() => {
    const element = container.current;
    if (!element) return;
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
    if (atEnd.current) setBelow(false);
  }, [container]);

  function toEnd() {
    const element = container.current;
    if (element) element.scrollTop = element.scrollHeight;
  }

  return { below, toEnd, onScroll };
}

/** Loads the older page when its button comes into view. */
function useOlder(container: RefObject<HTMLDivElement | null>, timeline: ReturnType<typeof useTimeline>) {
  const top = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = timeline;
  useEffect(() => {
    if (!top.current || !hasNextPage || isFetchingNextPage || isFetchNextPageError) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) void fetchNextPage();
      },
      { root: container.current, rootMargin: '200px 0px 0px' },
    );
    observer.observe(top.current);
    return () => observer.disconnect();
  }, [container, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  return top;
}

function Skeletons() {
  const { t } = useTranslation();
  return (
    <Stack className={classes.timeline ?? ''} role="status" aria-label={t('app.loading')}>
      <Skeleton h={54} w="55%" radius="lg" />
      <Skeleton h={40} w="40%" radius="lg" />
      <Skeleton h={54} w="50%" radius="lg" ml="auto" />
      <Skeleton h={40} w="45%" radius="lg" />
    </Stack>
  );
}
