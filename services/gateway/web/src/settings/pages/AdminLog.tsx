/** Every change of settings: when, who, what, with the values before and after (PR-04). */
import { Button, Code, Collapse, Group, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, withQuery } from '../../api/http';
import type { AdminLogEntry } from '../../api/types';
import * as wire from '../../api/wire';
import { Failure } from '../../frame/Failure';
import { dateAndTime } from '../../i18n/format';
import { isKind } from '../map';
import classes from '../settings.module.css';

export function AdminLog() {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const [wanted] = useDebouncedValue(search.trim(), 300);
  const log = useInfiniteQuery({
    queryKey: ['settings', 'admin-log', wanted],
    queryFn: async ({ pageParam }) =>
      wire.page(wire.adminLogEntry)(
        await call('GET', withQuery('/api/admin-log', { search: wanted, after: pageParam })),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
  });
  const entries = log.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Stack>
      <div>
        <Title order={1} size="h3">
          {t('settings.kinds.admin-log')}
        </Title>
        <Text size="sm" c="dimmed">
          {t('settings.about.admin-log')}
        </Text>
      </div>
      <TextInput
        maw={360}
        aria-label={t('settings.log.search')}
        placeholder={t('settings.log.search')}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      {log.isPending && <Skeleton h={160} />}
      {log.isError && (
        <Failure title={t('settings.failed')} error={log.error} retry={() => void log.refetch()} />
      )}
      {log.data && entries.length === 0 && (
        <Text c="dimmed">{wanted ? t('settings.noMatch') : t('settings.log.empty')}</Text>
      )}
      {entries.length > 0 && (
        <ul className={classes.list}>
          {entries.map((entry) => (
            <Entry key={entry.id} entry={entry} />
          ))}
        </ul>
      )}
      {log.hasNextPage && (
        <Button variant="default" loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          {t('app.more')}
        </Button>
      )}
    </Stack>
  );
}

const ACTIONS = ['created', 'changed', 'deleted'] as const;

/** Only what differs; a created or deleted object whole. */
function difference({ before, after }: AdminLogEntry): { before: object | null; after: object | null } {
  if (!before || !after) return { before, after };
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
  const only = (value: Record<string, unknown>) => Object.fromEntries(keys.map((key) => [key, value[key]]));
  return { before: only(before), after: only(after) };
}

function Entry({ entry }: { entry: AdminLogEntry }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const action = ACTIONS.find((one) => one === entry.action);
  const kind = isKind(entry.kind) ? t(`settings.kinds.${entry.kind}`) : entry.kind;
  const { before, after } = difference(entry);
  return (
    <li>
      <div className={classes.row} style={{ flexWrap: 'wrap' }}>
        <Text size="xs" c="dimmed" w={150}>
          {dateAndTime(entry.at)}
        </Text>
        <Text size="sm" flex={1} miw={180}>
          <b>{entry.by.name || t(`trail.actors.${entry.by.kind}`)}</b>{' '}
          {action ? t(`settings.log.actions.${action}`) : entry.action} · {kind}
          {entry.name && `: ${entry.name}`}
        </Text>
        <Button size="compact-xs" variant="subtle" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t('settings.log.show')}
        </Button>
        <Collapse expanded={open} w="100%">
          <Group align="flex-start" grow>
            {before && <Values title={t('settings.log.before')} value={before} />}
            {after && <Values title={t('settings.log.after')} value={after} />}
          </Group>
        </Collapse>
      </div>
    </li>
  );
}

function Values({ title, value }: { title: string; value: object }) {
  return (
    <div style={{ minWidth: 0 }}>
      <Text size="xs" fw={600}>
        {title}
      </Text>
      <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {JSON.stringify(value, null, 2)}
      </Code>
    </div>
  );
}
