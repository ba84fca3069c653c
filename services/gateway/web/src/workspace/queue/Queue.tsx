/** The queue: tabs with counts, filters, and the list of conversations. */
import { ActionIcon, Button, Group, SegmentedControl, Skeleton, Stack, Tooltip } from '@mantine/core';
import { IconChecklist, IconHandGrab } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { asProblem, call } from '../../api/http';
import { useCounts, type useRows } from '../../api/queries';
import { applyRow, type Choices, filtersOn, type QueueTab } from '../../api/rows';
import type { Row } from '../../api/types';
import * as wire from '../../api/wire';
import { Failure } from '../../frame/Failure';
import { toast, toastProblem } from '../../lib/toast';
import { useSession } from '../../session/context';
import { tabWord } from '../words';
import { BulkBar } from './BulkBar';
import { FilterPanel } from './FilterPanel';
import classes from './queue.module.css';
import { RowList } from './RowList';

interface Props {
  filters: Choices;
  onFilters: (filters: Choices) => void;
  rows: ReturnType<typeof useRows>;
  items: Row[];
  current: string | null;
}

const EMPTY = {
  new: 'emptyNew',
  pending: 'emptyPending',
  resolved: 'emptyResolved',
  bot: 'emptyBot',
} as const;

export function Queue({ filters, onFilters, rows, items, current }: Props) {
  const { t } = useTranslation();
  const { user, rights } = useSession();
  // Who may only read everywhere takes nothing and resolves nothing.
  const works = user.role === 'admin' || Object.values(rights).some((right) => right !== 'viewer');
  const [selecting, setSelecting] = useState(false);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());

  function toggle(id: string) {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  }

  function stopSelecting() {
    setSelecting(false);
    setSelected(new Set());
  }

  return (
    <>
      <div className={classes.head}>
        <Tabs filters={filters} onFilters={onFilters} />
        <Group gap={8} wrap="nowrap">
          <FilterPanel filters={filters} onChange={onFilters} />
          {works && (
            <>
              <Tooltip label={t('queue.select')}>
                <ActionIcon
                  variant={selecting ? 'light' : 'default'}
                  size={34}
                  aria-label={t('queue.select')}
                  aria-pressed={selecting}
                  onClick={() => (selecting ? stopSelecting() : setSelecting(true))}
                >
                  <IconChecklist size={18} aria-hidden />
                </ActionIcon>
              </Tooltip>
              <TakeNext />
            </>
          )}
        </Group>
        {selecting && (
          <BulkBar selected={items.filter((row) => selected.has(row.id))} onDone={stopSelecting} />
        )}
      </div>
      {rows.isPending ? (
        <RowSkeletons />
      ) : rows.isError && items.length === 0 ? (
        <Failure title={t('queue.failed')} error={rows.error} retry={() => void rows.refetch()} />
      ) : items.length === 0 ? (
        <Empty filters={filters} />
      ) : (
        <RowList
          rows={rows}
          items={items}
          current={current}
          selecting={selecting}
          selected={selected}
          onToggle={toggle}
        />
      )}
    </>
  );
}

/** Why nothing is here; on the first day the way to the first channel. */
function Empty({ filters }: { filters: Choices }) {
  const { t } = useTranslation();
  const { user, workspace } = useSession();
  if (user.role === 'admin' && workspace.channels.length === 0)
    return (
      <div className={classes.empty}>
        <p>{t('queue.noChannel')}</p>
        <Button component={Link} to="/settings/channels/new" size="xs">
          {t('queue.connectChannel')}
        </Button>
      </div>
    );
  return (
    <div className={classes.empty}>
      {t(filtersOn(filters) ? 'queue.emptyFiltered' : `queue.${EMPTY[filters.tab]}`)}
    </div>
  );
}

function Tabs({ filters, onFilters }: Pick<Props, 'filters' | 'onFilters'>) {
  const { t } = useTranslation();
  const { vocabulary } = useSession().workspace;
  const counts = useCounts().data;
  const tabs: QueueTab[] = ['new', 'pending', 'resolved'];
  if ((counts?.bot ?? 0) > 0 || filters.tab === 'bot') tabs.push('bot');
  return (
    <SegmentedControl
      aria-label={t('queue.tabs')}
      fullWidth
      size="xs"
      value={filters.tab}
      onChange={(tab) => onFilters({ ...filters, tab: tab as QueueTab })}
      data={tabs.map((tab) => ({
        value: tab,
        label: (
          <span>
            {tabWord(t, vocabulary, tab)}{' '}
            {counts && tab !== 'resolved' && <span className={classes.tabCount}>{counts[tab]}</span>}
          </span>
        ),
      }))}
    />
  );
}

function TakeNext() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const me = useSession().user.id;
  const take = useMutation({
    mutationFn: async () => {
      const answer = wire.record(await call('POST', '/api/conversations/next'));
      return wire.row(answer.row ?? answer);
    },
    onSuccess: (row) => {
      applyRow(client, row, me);
      navigate(`/c/${row.id}`);
    },
    onError: (error) =>
      asProblem(error).status === 404 ? toast(t('queue.nothingWaits')) : toastProblem(error),
  });
  return (
    <Tooltip label={t('queue.nextHint')}>
      <Button
        ml="auto"
        size="xs"
        h={34}
        variant="light"
        leftSection={<IconHandGrab size={16} aria-hidden />}
        loading={take.isPending}
        onClick={() => take.mutate()}
      >
        {t('queue.next')}
      </Button>
    </Tooltip>
  );
}

function RowSkeletons() {
  const { t } = useTranslation();
  return (
    <Stack gap={0} role="status" aria-label={t('app.loading')}>
      {[0, 1, 2, 3, 4].map((index) => (
        <Stack key={index} gap={8} p={14}>
          <Skeleton h={14} w="60%" />
          <Skeleton h={12} w="90%" />
          <Skeleton h={16} w="40%" />
        </Stack>
      ))}
    </Stack>
  );
}
