/** How satisfied customers are: figures with filters, and the answers with their conversations (CS-12). */
import {
  Alert,
  Anchor,
  Badge,
  Button,
  Group,
  Paper,
  Select,
  Skeleton,
  Stack,
  Text,
  Title,
} from '@mantine/core';
import { IconThumbDown, IconThumbUp } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call, now, withQuery } from '../api/http';
import * as wire from '../api/wire';
import { Failure } from '../frame/Failure';
import { dateAndTime, exactTime } from '../i18n/format';
import { useNames, useSession } from '../session/context';
import { type Figures, type Narrowed, percent, readAnswer, readable, readFigures } from './data';
import classes from './figures.module.css';

const DAY = 86_400_000;
/** The range ends in the future, so that what is sent while one looks is in it. */
function rangeOf(days: number): { start: string; end: string } {
  const day = Math.floor(now() / DAY) * DAY;
  return {
    start: new Date(day - (days - 1) * DAY).toISOString(),
    end: new Date(day + DAY).toISOString(),
  };
}

export default function FiguresPage() {
  const { t } = useTranslation();
  const session = useSession();
  const [wanted, setWanted] = useState<Narrowed>({ days: 30, channel: null, team: null, agent: null });
  const asked = readable(session, wanted);
  const query = useMemo(
    () => ({ ...rangeOf(asked.days), channel: asked.channel, team: asked.team, agent: asked.agent }),
    [asked.days, asked.channel, asked.team, asked.agent],
  );
  const figures = useQuery({
    queryKey: ['figures', query],
    queryFn: async () => readFigures(await call('GET', withQuery('/api/surveys/figures', query))),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  return (
    <div className={classes.page}>
      <Stack className={classes.inner ?? ''}>
        <div>
          <Title order={1} size="h3">
            {t('figures.title')}
          </Title>
          <Text size="sm" c="dimmed">
            {t('figures.hint')}
          </Text>
        </div>
        <Filters wanted={wanted} asked={asked} onChange={setWanted} />
        {figures.isPending && <Skeleton h={120} role="status" aria-label={t('app.loading')} />}
        {figures.isError && (
          <Failure title={t('figures.failed')} error={figures.error} retry={() => void figures.refetch()} />
        )}
        {figures.data && !figures.isError && (
          <>
            <Cards figures={figures.data} />
            <Distribution figures={figures.data} />
            <Answers query={query} />
          </>
        )}
      </Stack>
    </div>
  );
}

interface FilterProps {
  wanted: Narrowed;
  asked: Narrowed;
  onChange: (wanted: Narrowed) => void;
}

function Filters({ wanted, asked, onChange }: FilterProps) {
  const { t } = useTranslation();
  const { user, workspace } = useSession();
  const names = useNames();
  const own = asked.agent === user.id && wanted.agent === null && user.role !== 'admin';
  const people = [...names.agents.values()].map(({ id, name }) => ({ value: id, label: name }));
  const robots = workspace.virtual_agents.map(({ id, name }) => ({ value: id, label: name }));
  return (
    <>
      <Group gap="sm" align="flex-end">
        <Select
          size="xs"
          w={150}
          label={t('figures.period')}
          allowDeselect={false}
          data={[7, 30, 90, 365].map((days) => ({
            value: String(days),
            label: t('figures.days', { count: days }),
          }))}
          value={String(wanted.days)}
          onChange={(days) => onChange({ ...wanted, days: Number(days ?? 30) })}
        />
        <Select
          size="xs"
          w={180}
          clearable
          searchable
          label={t('queue.channel')}
          placeholder={t('queue.allChannels')}
          data={workspace.channels.map(({ id, name }) => ({ value: id, label: name }))}
          value={wanted.channel}
          onChange={(channel) => onChange({ ...wanted, channel })}
        />
        <Select
          size="xs"
          w={180}
          clearable
          searchable
          label={t('queue.team')}
          placeholder={t('queue.allTeams')}
          data={workspace.teams.map(({ id, name }) => ({ value: id, label: name }))}
          value={wanted.team}
          onChange={(team) => onChange({ ...wanted, team })}
        />
        <Select
          size="xs"
          w={200}
          clearable
          searchable
          label={t('figures.agent')}
          placeholder={own ? user.name : t('figures.everybody')}
          data={[...people, ...robots]}
          value={wanted.agent}
          onChange={(agent) => onChange({ ...wanted, agent })}
        />
      </Group>
      {own && (
        <Text size="xs" c="dimmed">
          {t('figures.own')}
        </Text>
      )}
    </>
  );
}

function Cards({ figures }: { figures: Figures }) {
  const { t, i18n } = useTranslation();
  const average =
    figures.average === null
      ? '–'
      : new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 2 }).format(figures.average);
  const cards = [
    {
      title: t('figures.satisfaction'),
      value: percent(figures.satisfaction, i18n.language),
      below: t('figures.ofAnswers', { count: figures.answered }),
    },
    {
      title: t('figures.responseRate'),
      value: percent(figures.responseRate, i18n.language),
      below: t('figures.ofSent', { answered: figures.answered, sent: figures.sent }),
    },
    {
      title: t('figures.average'),
      value: average,
      below: t('figures.ofAnswers', { count: figures.answered }),
    },
  ];
  return (
    <div className={classes.cards}>
      {cards.map(({ title, value, below }) => (
        <Paper key={title} withBorder p="md" role="group" aria-label={title}>
          <Text size="sm" c="dimmed">
            {title}
          </Text>
          <Text fz={28} fw={650}>
            {value}
          </Text>
          <Text size="xs" c="dimmed">
            {below}
          </Text>
        </Paper>
      ))}
    </div>
  );
}

function Distribution({ figures }: { figures: Figures }) {
  const { t } = useTranslation();
  const most = Math.max(1, ...figures.distribution.map(({ count }) => count));
  if (figures.answered === 0) return null;
  return (
    <section aria-label={t('figures.distribution')}>
      <Text component="h2" size="md" fw={600} mb={6}>
        {t('figures.distribution')}
      </Text>
      <ul className={classes.bars}>
        {figures.distribution.map(({ number, count }) => (
          <li key={number} className={classes.barLine}>
            <span>{number}</span>
            <span className={classes.track} aria-hidden>
              <span className={classes.bar} style={{ width: `${(count / most) * 100}%` }} />
            </span>
            <span>{t('figures.answersCount', { count })}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Answers({ query }: { query: Record<string, string | null> }) {
  const { t } = useTranslation();
  const names = useNames();
  const answers = useInfiniteQuery({
    queryKey: ['answers', query],
    queryFn: async ({ pageParam }) =>
      wire.page(readAnswer)(
        await call('GET', withQuery('/api/surveys/answers', { ...query, after: pageParam, limit: 25 })),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    staleTime: 0,
  });
  const items = answers.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-label={t('figures.answers')}>
      <Text component="h2" size="md" fw={600} mb={6}>
        {t('figures.answers')}
      </Text>
      {answers.isPending && <Skeleton h={60} />}
      {answers.isError && (
        <Failure title={t('figures.failed')} error={answers.error} retry={() => void answers.refetch()} />
      )}
      {answers.data && items.length === 0 && (
        <Alert variant="light" color="gray">
          {t('figures.none')}
        </Alert>
      )}
      <ul className={classes.answers}>
        {items.map((answer) => (
          <li key={answer.id} className={classes.answer}>
            <Badge
              size="lg"
              variant="light"
              color={answer.positive ? 'teal' : 'gray'}
              tt="none"
              leftSection={
                answer.positive ? (
                  <IconThumbUp size={13} role="img" aria-label={t('figures.positive')} />
                ) : (
                  <IconThumbDown size={13} role="img" aria-label={t('figures.notPositive')} />
                )
              }
            >
              {[answer.emoji, answer.label || answer.number].filter(Boolean).join(' ')}
            </Badge>
            <span className={classes.who}>
              {answer.agent ? names.owner({ kind: 'agent', id: answer.agent }) : t('queue.unowned')}
              {' · '}
              {names.channels.get(answer.channel)?.name ?? answer.channel}
              {answer.commented && ` · ${t('figures.commented')}`}
            </span>
            <time dateTime={answer.answeredAt} title={exactTime(answer.answeredAt)}>
              {dateAndTime(answer.answeredAt)}
            </time>
            <Anchor component={Link} to={`/c/${answer.conversation}`} size="sm">
              {t('figures.open')}
            </Anchor>
          </li>
        ))}
      </ul>
      {answers.hasNextPage && (
        <Button
          size="xs"
          mt="xs"
          variant="default"
          loading={answers.isFetchingNextPage}
          onClick={() => void answers.fetchNextPage()}
        >
          {t('app.more')}
        </Button>
      )}
    </section>
  );
}
