/** Filters and order of the queue (WF-30); they stay with the user. */
import {
  ActionIcon,
  Button,
  Group,
  Indicator,
  Popover,
  ScrollArea,
  SegmentedControl,
  Select,
  Stack,
  Text,
} from '@mantine/core';
import { IconFilter } from '@tabler/icons-react';
import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { useAgents, useCounts } from '../../api/queries';
import { asFilters, type Choices, type Filters, filtersOn, NO_FILTERS } from '../../api/rows';
import type { Named } from '../../api/types';
import { useSession } from '../../session/context';

interface Props {
  filters: Choices;
  onChange: (filters: Choices) => void;
}

export function FilterPanel({ filters, onChange }: Props) {
  const { t } = useTranslation();
  const on = filtersOn(filters);
  const label = on ? `${t('queue.filters')}: ${t('queue.filtersOn', { count: on })}` : t('queue.filters');
  return (
    <Popover position="bottom-start" width={310} shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon variant="default" size={34} aria-label={label} style={{ overflow: 'visible' }}>
          <Indicator disabled={on === 0} label={on} size={15} offset={-1}>
            <IconFilter size={18} aria-hidden />
          </Indicator>
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('queue.filters')}>
        <ScrollArea.Autosize mah="70vh" offsetScrollbars>
          <Fields filters={filters} onChange={onChange} />
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}

function Fields({ filters, onChange }: Props) {
  const { t } = useTranslation();
  const { workspace, user } = useSession();
  const named = !['all', 'me', 'none'].includes(filters.owner);
  const people: Named[] = [
    ...(useAgents().data ?? []).filter(({ id }) => id !== user.id),
    ...workspace.virtual_agents,
  ];
  const set = (change: Partial<Choices>) => onChange({ ...filters, ...change });
  return (
    <Stack gap="sm">
      <Segmented label={t('queue.owner')}>
        {(labelledBy) => (
          <SegmentedControl
            aria-labelledby={labelledBy}
            size="xs"
            fullWidth
            value={named ? '' : filters.owner}
            onChange={(owner) => set({ owner })}
            data={[
              { value: 'all', label: t('queue.ownerAll') },
              { value: 'me', label: t('queue.ownerMine') },
              { value: 'none', label: t('queue.ownerNone') },
            ]}
          />
        )}
      </Segmented>
      <Choice
        label={t('queue.ownerNamed')}
        all={t('queue.ownerAll')}
        items={people}
        value={named ? filters.owner : null}
        onChange={(owner) => set({ owner: owner ?? 'all' })}
      />
      <ChannelFilter filters={filters} onChange={onChange} />
      <Choice
        label={t('queue.team')}
        all={t('queue.allTeams')}
        items={workspace.teams}
        value={filters.team}
        onChange={(team) => set({ team })}
      />
      <Choice
        label={t('queue.topic')}
        all={t('queue.allTopics')}
        items={workspace.topics}
        value={filters.topic}
        onChange={(topic) => set({ topic })}
      />
      <Segmented label={t('queue.visibility')}>
        {(labelledBy) => (
          <SegmentedControl
            aria-labelledby={labelledBy}
            size="xs"
            fullWidth
            value={filters.visibility ?? 'both'}
            onChange={(value) =>
              set({ visibility: value === 'both' ? null : (value as 'private' | 'public') })
            }
            data={[
              { value: 'both', label: t('queue.both') },
              { value: 'private', label: t('visibility.private') },
              { value: 'public', label: t('visibility.public') },
            ]}
          />
        )}
      </Segmented>
      <Segmented label={t('queue.sort')}>
        {(labelledBy) => (
          <SegmentedControl
            aria-labelledby={labelledBy}
            size="xs"
            fullWidth
            value={asFilters(filters).sort}
            onChange={(sort) => set({ sorts: { ...filters.sorts, [filters.tab]: sort as Filters['sort'] } })}
            data={[
              { value: 'oldest', label: t('queue.oldest') },
              { value: 'newest', label: t('queue.newest') },
            ]}
          />
        )}
      </Segmented>
      <Group justify="flex-end">
        <Button
          size="xs"
          variant="subtle"
          disabled={filtersOn(filters) === 0}
          onClick={() => onChange({ ...filters, ...NO_FILTERS })}
        >
          {t('queue.clearFilters')}
        </Button>
      </Group>
    </Stack>
  );
}

function Segmented({ label, children }: { label: string; children: (labelledBy: string) => ReactNode }) {
  const id = useId();
  return (
    <div>
      <Text id={id} size="xs" fw={600} mb={4}>
        {label}
      </Text>
      {children(id)}
    </div>
  );
}

/** Each channel with its numbers in New and Pending. */
function ChannelFilter({ filters, onChange }: Props) {
  const { t } = useTranslation();
  const { workspace } = useSession();
  const counts = useCounts().data?.channels ?? {};
  const items = workspace.channels.map(({ id, name }) => {
    const of = counts[id];
    return { id, name: of ? `${name} (${of.new} / ${of.pending})` : name };
  });
  return (
    <Choice
      label={t('queue.channel')}
      all={t('queue.allChannels')}
      items={items}
      value={filters.channel}
      onChange={(channel) => onChange({ ...filters, channel })}
    />
  );
}

interface ChoiceProps {
  label: string;
  all: string;
  items: readonly Named[];
  value: string | null;
  onChange: (value: string | null) => void;
}

function Choice({ label, all, items, value, onChange }: ChoiceProps) {
  if (items.length === 0) return null;
  return (
    <Select
      size="xs"
      label={label}
      placeholder={all}
      clearable
      searchable
      comboboxProps={{ withinPortal: false }}
      data={items.map((item) => ({ value: item.id, label: item.name }))}
      value={value}
      onChange={onChange}
    />
  );
}
