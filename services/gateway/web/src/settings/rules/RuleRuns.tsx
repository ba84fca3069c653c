/** What a rule did: its runs, newest first, with what matched and what became of each action (AU-08). */
import { Anchor, Badge, Button, Skeleton, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call, withQuery } from '../../api/http';
import type { Stored } from '../../api/types';
import * as wire from '../../api/wire';
import { Failure } from '../../frame/Failure';
import { dateAndTime, exactTime } from '../../i18n/format';
import classes from '../settings.module.css';
import { useSchemaWords } from '../words';
import { useNamed } from './inWords';
import { type Run, readRun } from './tried';

const COLOURS: Record<string, string> = {
  applied: 'teal',
  said: 'gray',
  failed: 'red',
  too_late: 'orange',
  stopped: 'orange',
};

export function RuleRuns({ stored: { id } }: { stored: Stored }) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const runs = useInfiniteQuery({
    queryKey: ['settings', 'rules', id, 'runs'],
    queryFn: async ({ pageParam }) =>
      wire.page(readRun)(
        await call(
          'GET',
          withQuery(`/api/rules/${encodeURIComponent(id)}/runs`, { after: pageParam, limit: 20 }),
        ),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    staleTime: 0,
  });
  const items = runs.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-label={t('runs.title')}>
      <Stack gap="xs">
        <Text fw={600} component="h2" size="md">
          {t('runs.title')}
        </Text>
        {runs.isPending && <Skeleton h={60} />}
        {runs.isError && (
          <Failure title={t('runs.failedToLoad')} error={runs.error} retry={() => void runs.refetch()} />
        )}
        {runs.data && items.length === 0 && (
          <Text size="sm" c="dimmed">
            {t('runs.none')}
          </Text>
        )}
        <ul className={classes.history}>
          {items.map((run) => (
            <RunLine key={run.id} run={run} />
          ))}
        </ul>
        {runs.hasNextPage && (
          <Button
            size="xs"
            variant="default"
            w="fit-content"
            loading={runs.isFetchingNextPage}
            onClick={() => void runs.fetchNextPage()}
          >
            {general('app.more')}
          </Button>
        )}
      </Stack>
    </section>
  );
}

const OUTCOMES = ['said', 'applied', 'failed', 'too_late', 'stopped'] as const;

function RunLine({ run }: { run: Run }) {
  const { t } = useTranslation('admin');
  const { valueWord } = useSchemaWords();
  const named = useNamed();
  const outcome = OUTCOMES.find((one) => one === run.outcome) ?? 'said';
  return (
    <li className={classes.event}>
      <Badge size="sm" variant="light" color={COLOURS[outcome]} tt="none">
        {t(`runs.outcomes.${outcome}`)}
      </Badge>{' '}
      <time dateTime={run.at} title={exactTime(run.at)}>
        {dateAndTime(run.at)}
      </time>
      {' · '}
      <Anchor component={Link} to={`/c/${run.conversation}`} size="sm">
        {t('runs.conversation')}
      </Anchor>
      {run.milliseconds > 0 && ` · ${run.milliseconds.toFixed(1)} ms`}
      {run.matched.length > 0 && <div>{t('runs.matched', { what: named(run.matched.join(' · ')) })}</div>}
      <div>{t('runs.did', { what: run.actions.map((act) => valueWord('act', act)).join(', ') })}</div>
      {run.failed.map((why) => (
        <Text key={why} size="sm" c="red">
          {why}
        </Text>
      ))}
    </li>
  );
}
